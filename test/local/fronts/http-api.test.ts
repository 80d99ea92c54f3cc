import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodeError, type Functions } from '../../../src/local/functions.ts';
import type { JsonWebKey } from '../../../src/local/fronts.ts';
import type { Authorizer } from '../../../src/local/project.ts';
import {
  httpApi,
  inProcess,
  makeProject,
  serve,
  type Served,
  type TestProject,
} from '../support.ts';

const echo = async (event: unknown): Promise<unknown> => ({
  statusCode: 200,
  headers: { 'access-control-allow-origin': 'https://own.example', 'x-own': '1' },
  body: JSON.stringify(event),
});

let files: TestProject;
let open: Served[] = [];
beforeAll(() => {
  files = makeProject({});
});
afterAll(async () => {
  await Promise.all(open.map((served) => served[Symbol.asyncDispose]()));
  files[Symbol.dispose]();
});

type Handlers = Parameters<typeof inProcess>[0];

async function start(
  front: ReturnType<typeof httpApi>,
  handlers: Handlers = { Hello: echo },
  options: Parameters<typeof serve>[1] = {},
): Promise<Served> {
  const served = await serve(files.project([{}], [front]), {
    functions: inProcess(handlers),
    ...options,
  });
  open = [...open, served];
  return served;
}

const EVERYTHING = [{ method: '$default', path: '$default' }];

describe('routing', () => {
  it('is that of the developer guide, "Routing API requests"', async () => {
    const served = await start(
      httpApi([
        { method: 'GET', path: '/pets/dog/1' },
        { method: 'GET', path: '/pets/dog/{id}' },
        { method: 'GET', path: '/pets/{proxy+}' },
        { method: 'ANY', path: '/{proxy+}' },
        { method: '$default', path: '$default' },
      ]),
    );
    const taken = async (method: string, path: string): Promise<unknown> => {
      const response = await fetch(served.url() + path, { method });
      const { routeKey, pathParameters } = (await response.json()) as Record<string, unknown>;
      return [routeKey, pathParameters];
    };
    expect(await taken('GET', '/pets/dog/1')).toEqual(['GET /pets/dog/1', undefined]);
    expect(await taken('GET', '/pets/dog/2')).toEqual(['GET /pets/dog/{id}', { id: '2' }]);
    expect(await taken('GET', '/pets/cat/1')).toEqual(['GET /pets/{proxy+}', { proxy: 'cat/1' }]);
    expect(await taken('POST', '/test/5')).toEqual(['ANY /{proxy+}', { proxy: 'test/5' }]);
    expect(await taken('GET', '/')).toEqual(['$default', undefined]);
  });

  it('ends with Not Found', async () => {
    const served = await start(httpApi([{ method: 'GET', path: '/a' }]));
    const response = await fetch(`${served.url()}/b`);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('{"message":"Not Found"}');
    expect(served.problems).toEqual(['no route takes GET /b']);
  });

  it('has the stage in the URL and in the path', async () => {
    const front = httpApi(EVERYTHING, { stage: 'dev', stageVariables: { table: 'orders' } });
    const served = await start(front);
    expect(new URL(served.url()).pathname).toBe('/dev');
    const event = await (await fetch(`${served.url()}/a%2Fb`)).json();
    expect(event).toMatchObject({
      rawPath: '/dev/a/b',
      stageVariables: { table: 'orders' },
      requestContext: { stage: 'dev', http: { method: 'GET', path: '/dev/a/b' } },
    });
    const outside = await fetch(new URL('/developer', served.url()));
    expect(outside.status).toBe(404);
  });

  it('has base paths of a custom domain', async () => {
    const front = httpApi([{ ...EVERYTHING[0], path: '$default', payloadFormat: '1.0' }], {
      basePaths: ['shop'],
    });
    const served = await start(front);
    const event = await (await fetch(`${served.url()}/shop/x`)).json();
    expect(event).toMatchObject({ version: '1.0', path: '/shop/x', resource: '$default' });
  });
});

describe('the event', () => {
  it('tells of this request', async () => {
    const served = await start(httpApi(EVERYTHING));
    const before = Date.now();
    const response = await fetch(`${served.url()}/x?a=1&a=2`, {
      method: 'POST',
      headers: { cookie: 'a=1; b=2', 'x-tag': 'one', 'content-type': 'application/octet-stream' },
      body: new Uint8Array([0, 255]),
    });
    const event = (await response.json()) as { requestContext: { timeEpoch: number } };
    expect(event).toMatchObject({
      rawQueryString: 'a=1&a=2',
      queryStringParameters: { a: '1,2' },
      cookies: ['a=1', 'b=2'],
      headers: {
        'x-tag': 'one',
        'content-length': '2',
        host: new URL(served.url()).host,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': new URL(served.url()).port,
      },
      body: 'AP8=',
      isBase64Encoded: true,
      requestContext: {
        http: { sourceIp: '127.0.0.1' },
        requestId: response.headers.get('apigw-requestid'),
      },
    });
    expect(event.requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
  });

  it('leaves a trace of all that happened', async () => {
    const served = await start(httpApi(EVERYTHING));
    await fetch(`${served.url()}/x`, { method: 'POST', body: 'hello' });
    const [trace] = served.traces.list();
    expect(trace).toMatchObject({
      state: 'done',
      functionId: 'Hello',
      frontId: 'Api',
      source: 'http-api-2',
      request: { method: 'POST', target: '/x', body: { length: 5, base64: 'aGVsbG8=' } },
      event: { rawPath: '/x' },
      reply: { statusCode: 200 },
      response: { status: 200 },
    });
    expect(trace?.timings.ended).toBeGreaterThan(0);
    const names = trace?.limits.map(({ name }) => name);
    expect(names?.toSorted()).toEqual(['duration', 'memory', 'request', 'response']);
  });
});

describe('sending again', () => {
  const nothing = { method: 'GET', target: '/again', headers: [], body: new Uint8Array() };

  it('gives a request to its front, and an event to its function', async () => {
    const served = await start(httpApi([{ path: '/{p+}' }]));
    await fetch(`${served.url()}/x`);
    const id = served.traces.list()[0]?.id ?? '';
    const second = await served.fronts.resend({ id, request: nothing });
    expect(served.traces.get(second)).toMatchObject({
      state: 'done',
      event: { rawPath: '/again' },
      response: { status: 200 },
    });
    const event = { hello: 'world' };
    const third = await served.fronts.resend({ id, request: nothing, event, source: 'alb' });
    expect(served.traces.get(third)).toMatchObject({ source: 'alb', event, frontId: 'Api' });
  });

  it('says why it cannot', async () => {
    const served = await start(httpApi([{ path: '/{p+}' }]));
    const { resend } = served.fronts;
    await expect(resend({ id: 'gone', request: nothing })).rejects.toThrow(/no invocation gone/);
    await fetch(`${served.url()}/x`);
    const id = served.traces.list()[0]?.id ?? '';
    const root = { ...nothing, target: '/' };
    await expect(resend({ id, request: root })).rejects.toThrow(/no route takes GET \//);
  });
});

describe('failures', () => {
  it.each<[string, Handlers[string], string]>([
    ['throws', () => Promise.reject(new RangeError('boom')), 'RangeError: boom'],
    ['gives a header a list', async () => ({ statusCode: 200, headers: { a: ['b'] } }), 'header a'],
    ['gives a status of 99', async () => ({ statusCode: 99 }), 'statusCode is 99'],
  ])('become a 500 when the function %s', async (_what, handler, problem) => {
    const served = await start(httpApi(EVERYTHING), { Hello: handler });
    const response = await fetch(served.url());
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
    expect(served.problems).toEqual([expect.stringContaining(problem)]);
  });

  it('are shown in the browser when the code cannot run', async () => {
    const message = 'Hello does not build\nsrc/app.ts:1:1: Unexpected "<"';
    const functions: Functions = {
      invoke: () => Promise.reject(new CodeError(message)),
      close: async () => {},
    };
    const served = await start(httpApi(EVERYTHING), {}, { functions });
    const page = await fetch(served.url(), { headers: { accept: 'text/html,*/*' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([
      502,
      'text/html; charset=utf-8',
    ]);
    expect(await page.text()).toContain('src/app.ts:1:1: Unexpected &quot;&lt;&quot;');
    expect(await (await fetch(served.url())).text()).toBe(`${message}\n`);
    expect(served.traces.list()[0]).toMatchObject({ state: 'failed', error: { message } });
  });

  it('become a 503 when the function takes too long', async () => {
    const slow = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 1000));
    const front = httpApi([{ path: '/{p+}', timeoutMs: 50 }]);
    const served = await start(front, { Hello: slow });
    const response = await fetch(`${served.url()}/x`);
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('{"message":"Service Unavailable"}');
  });

  it('become a 413 over 10 MB', async () => {
    const served = await start(httpApi(EVERYTHING), { Hello: async () => 'ok' });
    const send = (size: number): Promise<Response> =>
      fetch(served.url(), { method: 'POST', body: new Uint8Array(size) });
    expect((await send(4 * 1024 * 1024)).status).toBe(200);
    // In base64 it is over the 6 MB that Lambda takes.
    for (const size of [5 * 1024 * 1024, 10 * 1024 * 1024 + 1]) {
      const refused = await send(size);
      expect(refused.status).toBe(413);
      expect(await refused.text()).toBe('{"message":"Request Entity Too Large"}');
    }
  });

  it('become a 431 over 10 240 bytes of head', async () => {
    const served = await start(httpApi(EVERYTHING));
    const response = await fetch(served.url(), { headers: { 'x-long': 'x'.repeat(10_240) } });
    expect(response.status).toBe(431);
  });
});

describe('CORS', () => {
  const cors = {
    allowOrigins: ['https://good.example', 'https://*.sub.example'],
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['content-type'],
    exposeHeaders: ['x-own'],
    allowCredentials: true,
    maxAge: 60,
  };
  const preflight = (origin: string, method = 'POST'): RequestInit => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method },
  });

  it('answers preflights without the function', async () => {
    const served = await start(httpApi(EVERYTHING, { cors }), {});
    const response = await fetch(served.url(), preflight('https://good.example'));
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://good.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'content-type',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '60',
    });
    expect(served.traces.list()).toEqual([]);
  });

  it.each([
    ['https://bad.example', 'POST'],
    ['https://good.example', 'DELETE'],
    ['https://.sub.example', 'GET'],
  ])('gives %s no leave for %s', async (origin, method) => {
    const served = await start(httpApi(EVERYTHING, { cors }), {});
    const response = await fetch(served.url(), preflight(origin, method));
    expect(response.status).toBe(204);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });

  it("replaces the function's own headers", async () => {
    const served = await start(httpApi(EVERYTHING, { cors }));
    const send = (origin: string): Promise<Response> =>
      fetch(served.url(), { headers: { origin } });
    const good = await send('https://a.sub.example');
    expect(good.headers.get('access-control-allow-origin')).toBe('https://a.sub.example');
    expect(good.headers.get('access-control-expose-headers')).toBe('x-own');
    const bad = await send('https://bad.example');
    expect(bad.headers.has('access-control-allow-origin')).toBe(false);
    expect(bad.headers.get('x-own')).toBe('1');
  });

  it('is left to the function where none is configured', async () => {
    const served = await start(httpApi(EVERYTHING));
    const response = await fetch(served.url(), preflight('https://good.example'));
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://own.example');
  });
});

describe('a Lambda authorizer', () => {
  const authorizer: Authorizer = {
    type: 'lambda',
    name: 'Guard',
    functionId: 'Guard',
    format: '2.0',
    simpleResponses: true,
    identitySources: ['$request.header.Authorization'],
  };
  const ask = async (
    reply: unknown,
    more: Partial<Extract<Authorizer, { type: 'lambda' }>> = {},
    headers: Record<string, string> = { authorization: 'secret' },
  ): Promise<[number, unknown, unknown]> => {
    let asked: unknown;
    const guard = async (event: unknown): Promise<unknown> => {
      asked = event;
      if (reply instanceof Error) throw reply;
      return reply;
    };
    const route = { method: 'GET', path: '/x/{id}', authorizer: { ...authorizer, ...more } };
    const served = await start(httpApi([route]), { Hello: echo, Guard: guard });
    const response = await fetch(`${served.url()}/x/1?q=2`, { headers });
    return [response.status, await response.json(), asked];
  };

  it('lets known clients in, and tells the function', async () => {
    const [status, event, asked] = await ask({ isAuthorized: true, context: { who: 'me', n: 1 } });
    expect(status).toBe(200);
    expect(event).toMatchObject({
      requestContext: { authorizer: { lambda: { who: 'me', n: 1 } } },
    });
    expect(asked).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: expect.stringMatching(/^arn:aws:execute-api:.*\/\$default\/GET\/x\/1$/),
      identitySource: ['secret'],
      routeKey: 'GET /x/{id}',
      pathParameters: { id: '1' },
    });
    expect(asked).not.toHaveProperty('body');
  });

  it.each<[string, unknown, number, string]>([
    ['says no', { isAuthorized: false }, 403, 'Forbidden'],
    ['makes no sense', { yes: true }, 500, 'Internal Server Error'],
    ['throws', new Error('broken'), 500, 'Internal Server Error'],
    ['throws Unauthorized', new Error('Unauthorized'), 401, 'Unauthorized'],
  ])('keeps out when it %s', async (_what, reply, status, message) => {
    expect(await ask(reply)).toEqual([status, { message }, expect.anything()]);
  });

  it('is not asked without an identity', async () => {
    expect(await ask({ isAuthorized: true }, {}, {})).toEqual([
      401,
      { message: 'Unauthorized' },
      undefined,
    ]);
  });

  it('may answer with a policy', async () => {
    const policy = (Effect: string, Resource: string): unknown => ({
      principalId: 'me',
      policyDocument: { Statement: [{ Action: 'execute-api:*', Effect, Resource }] },
      context: { who: 'me' },
    });
    const format = { format: '1.0', simpleResponses: false } as const;
    const [status, event, asked] = await ask(
      policy('Allow', 'arn:aws:execute-api:*/GET/x/?'),
      format,
    );
    expect(status).toBe(200);
    expect(event).toMatchObject({ requestContext: { authorizer: { lambda: { who: 'me' } } } });
    expect(asked).toMatchObject({ version: '1.0', type: 'REQUEST', authorizationToken: 'secret' });
    expect((await ask(policy('Allow', '*/GET/y/*'), format))[0]).toBe(403);
    expect((await ask(policy('Deny', '*'), format))[0]).toBe(403);
  });
});

describe('a JWT authorizer', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys: JsonWebKey[] = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] as never;
  const authorizer: Authorizer = {
    type: 'jwt',
    name: 'Pool',
    issuer: 'https://issuer.example',
    audience: ['shop'],
    scopes: ['read'],
    identitySource: '$request.header.Authorization',
  };
  const GOOD = {
    iss: 'https://issuer.example',
    aud: 'shop',
    scope: 'read write',
    exp: 4e9,
    n: [1, 2],
  };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (claims: unknown, alg = 'RS256'): string => {
    const signed = `${part({ alg, kid: 'one' })}.${part(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  const ask = async (text: string | undefined, known = true): Promise<[Response, Served]> => {
    const front = httpApi([{ path: '/{p+}', authorizer }]);
    const served = await start(front, { Hello: echo }, known ? { keys } : {});
    const headers = text === undefined ? {} : { authorization: `Bearer ${text}` };
    return [await fetch(`${served.url()}/x`, { headers }), served];
  };

  it('lets a good token in, its claims as strings', async () => {
    const [response] = await ask(token(GOOD));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      requestContext: {
        authorizer: {
          jwt: { claims: { aud: 'shop', exp: '4000000000', n: '[1 2]' }, scopes: ['read'] },
        },
      },
    });
  });

  it.each([
    ['none', undefined, 401],
    ['no token', 'abc', 401],
    ['another issuer', token({ ...GOOD, iss: 'https://other.example' }), 401],
    ['another audience', token({ ...GOOD, aud: 'else' }), 401],
    ['an old one', token({ ...GOOD, exp: 1 }), 401],
    ['a future one', token({ ...GOOD, nbf: 4e9 }), 401],
    ['an unsigned one', token(GOOD, 'none'), 401],
    ['a forged one', `${token(GOOD).slice(0, -8)}AAAAAAAA`, 401],
    ["one that 'never' expires", token({ ...GOOD, exp: 'never' }), 401],
    ['one that expires at null', token({ ...GOOD, exp: null }), 401],
    ['one that expires as text', token({ ...GOOD, exp: '4000000000' }), 401],
    ['one that expires in a list', token({ ...GOOD, exp: [4e9] }), 401],
    ['one that begins at no date', token({ ...GOOD, nbf: 'soon' }), 401],
    ['one issued at no date', token({ ...GOOD, iat: {} }), 401],
    ['one without the scope', token({ ...GOOD, scope: 'write' }), 403],
  ])('keeps out %s', async (_what, text, status) => {
    const [response] = await ask(text);
    expect(response.status).toBe(status);
    const message = status === 401 ? 'Unauthorized' : 'Forbidden';
    expect(await response.text()).toBe(JSON.stringify({ message }));
  });

  it.each([
    ['no token', undefined],
    ['no token that can be read', 'a.b.c'],
  ])('keeps out %s without keys, too', async (_what, text) => {
    const [response] = await ask(text, false);
    expect([response.status, await response.text()]).toEqual([401, '{"message":"Unauthorized"}']);
  });

  it('says once that it is not enforced without keys, and passes the claims on', async () => {
    const [response, served] = await ask(token({ ...GOOD, exp: 1 }), false);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      requestContext: { authorizer: { jwt: { claims: { aud: 'shop' } } } },
    });
    expect((await fetch(`${served.url()}/x`)).status).toBe(401);
    expect(served.notes).toEqual([expect.stringMatching(/Pool is not enforced locally.*--jwks/)]);
  });
});
