import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authorizer } from '../../../src/local/project.ts';
import {
  inProcess,
  makeProject,
  restApi,
  serve,
  type Served,
  type TestProject,
} from '../support.ts';

type Handlers = Parameters<typeof inProcess>[0];

const echo = async (event: unknown): Promise<unknown> => ({
  statusCode: 200,
  body: JSON.stringify(event),
});

let files: TestProject;
const open: Served[] = [];
beforeAll(() => {
  files = makeProject({});
});
afterAll(async () => {
  await Promise.all(open.map((served) => served[Symbol.asyncDispose]()));
  files[Symbol.dispose]();
});

async function start(
  front: ReturnType<typeof restApi>,
  handlers: Handlers = { Hello: echo },
): Promise<Served> {
  const served = await serve(files.project([{}], [front]), { functions: inProcess(handlers) });
  open.push(served);
  return served;
}

const EVERYTHING = [{ path: '/' }, { path: '/{proxy+}' }];

describe('routing', () => {
  it('has the stage in the URL', async () => {
    const served = await start(restApi(EVERYTHING, { stageVariables: { table: 'orders' } }));
    expect(new URL(served.url()).pathname).toBe('/live');
    expect(await (await fetch(`${served.url()}/a%2Fb/c?x=%20&x=2`)).json()).toMatchObject({
      resource: '/{proxy+}',
      path: '/a%2Fb/c',
      pathParameters: { proxy: 'a%2Fb/c' },
      queryStringParameters: { x: '2' },
      multiValueQueryStringParameters: { x: [' ', '2'] },
      stageVariables: { table: 'orders' },
      requestContext: { stage: 'live', path: '/live/a%2Fb/c', resourcePath: '/{proxy+}' },
    });
    const elsewhere = await fetch(new URL('/other/x', served.url()));
    expect(elsewhere.status).toBe(403);
    expect(await elsewhere.text()).toBe('{"message":"Forbidden"}');
  });

  it.each([
    ['GET', '/b'],
    ['POST', '/a'],
    ['GET', '/'],
  ])('answers %s %s, which it has not, as one without a token', async (method, path) => {
    const served = await start(
      restApi([
        { method: 'GET', path: '/a' },
        { method: 'POST', path: '/{p+}' },
      ]),
    );
    const response = await fetch(served.url() + path, { method });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(await response.text()).toBe('{"message":"Missing Authentication Token"}');
  });

  it('goes by X-HTTP-Method-Override', async () => {
    const served = await start(restApi([{ method: 'PUT', path: '/a' }]));
    const init = { method: 'POST', headers: { 'x-http-method-override': 'PUT' } };
    const response = await fetch(`${served.url()}/a`, init);
    expect(await response.json()).toMatchObject({ httpMethod: 'PUT' });
  });

  it('has base paths of a custom domain', async () => {
    const served = await start(restApi(EVERYTHING, { basePaths: ['shop'] }));
    const event = await (await fetch(new URL('/shop/x', served.url()))).json();
    expect(event).toMatchObject({ path: '/shop/x', pathParameters: { proxy: 'x' } });
  });
});

describe('answers', () => {
  it('decode base64 only for what is binary', async () => {
    const image = async (): Promise<unknown> => ({ body: 'AP8=', isBase64Encoded: true });
    const front = restApi(EVERYTHING, { binaryMediaTypes: ['image/*'] });
    const served = await start(front, { Hello: image });
    const get = async (accept: string): Promise<number[]> => {
      const response = await fetch(served.url(), { headers: { accept } });
      return [...new Uint8Array(await response.arrayBuffer())];
    };
    expect(await get('image/png')).toEqual([0, 255]);
    // A browser's: only the first type counts.
    expect(await get('text/html,image/png')).toEqual([...Buffer.from('AP8=')]);
  });

  it('have their headers remapped', async () => {
    const served = await start(restApi(EVERYTHING), {
      Hello: async () => ({
        headers: { 'www-authenticate': 'Basic', server: 'mine', 'x-a': '1' },
        multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
      }),
    });
    const response = await fetch(served.url());
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-amzn-remapped-www-authenticate': 'Basic',
      'x-amzn-remapped-server': 'mine',
      'x-a': '1',
      'content-type': 'application/json',
      'x-amzn-requestid': expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(response.headers.has('www-authenticate')).toBe(false);
  });

  it.each<[string, unknown]>([
    ['cookies', { statusCode: 200, cookies: ['a=1'] }],
    ['a string', 'hello'],
    ['a body that is an object', { statusCode: 200, body: {} }],
    ['a status that is no number', { statusCode: 'test' }],
  ])('are a 502 for %s', async (_what, reply) => {
    const served = await start(restApi(EVERYTHING), { Hello: async () => reply });
    const response = await fetch(served.url());
    expect(response.status).toBe(502);
    expect(await response.text()).toBe('{"message": "Internal server error"}');
    expect(served.problems).toEqual([expect.stringMatching(/^malformed: /)]);
    const [warning] = served.traces.list()[0]?.warnings ?? [];
    expect(warning?.message).toBe(served.problems[0]);
  });

  it('are a 504 when the function takes too long', async () => {
    const slow = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 1000));
    const served = await start(restApi([{ path: '/', timeoutMs: 50 }]), { Hello: slow });
    const response = await fetch(served.url());
    expect(response.status).toBe(504);
    expect(await response.text()).toBe('{"message": "Endpoint request timed out"}');
  });

  it('are a 413 over 10 MB', async () => {
    const served = await start(restApi(EVERYTHING));
    const body = new Uint8Array(10 * 1024 * 1024 + 1);
    const response = await fetch(served.url(), { method: 'POST', body });
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: expect.stringMatching(/exceeded 10485760/) });
  });

  it('are a 400 for a query that is not escaped', async () => {
    const served = await start(restApi(EVERYTHING));
    expect((await fetch(`${served.url()}/?a=|`)).status).toBe(400);
  });
});

describe('CORS', () => {
  it('is an OPTIONS method of its own', async () => {
    const front = restApi(
      [
        { method: 'GET', path: '/a' },
        { method: 'PUT', path: '/a' },
      ],
      {
        cors: {
          allowOrigins: ['*'],
          allowMethods: [],
          allowHeaders: ['x-a', 'x-b'],
          exposeHeaders: [],
          allowCredentials: false,
        },
      },
    );
    const served = await start(front);
    const response = await fetch(`${served.url()}/a`, { method: 'OPTIONS' });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET,OPTIONS,PUT',
      'access-control-allow-headers': 'x-a,x-b',
    });
    const nowhere = await fetch(`${served.url()}/b`, { method: 'OPTIONS' });
    expect(nowhere.status).toBe(403);
    const get = await fetch(`${served.url()}/a`, { headers: { origin: 'https://a.example' } });
    expect(get.headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('API keys', () => {
  const withKey = async (apiKeys: string[], key?: string): Promise<[number, Served, unknown]> => {
    const front = restApi([{ path: '/', apiKeyRequired: true }], { apiKeys });
    const served = await start(front);
    const headers = key === undefined ? {} : { 'x-api-key': key };
    const response = await fetch(served.url(), { headers });
    return [response.status, served, await response.json()];
  };

  it('let requests with a key in', async () => {
    const [status, , event] = await withKey(['secret'], 'secret');
    expect(status).toBe(200);
    expect(event).toMatchObject({ requestContext: { identity: { apiKey: 'secret' } } });
  });

  it.each([undefined, 'wrong'])('keep out %s', async (key) => {
    const [status, , body] = await withKey(['secret'], key);
    expect([status, body]).toEqual([403, { message: 'Forbidden' }]);
  });

  it('are not known when AWS makes them up', async () => {
    const [status, served] = await withKey([], 'any');
    expect(status).toBe(200);
    expect(served.notes).toEqual([expect.stringMatching(/any x-api-key will do/)]);
    expect((await withKey([]))[0]).toBe(403);
  });
});

describe('a Lambda authorizer', () => {
  const policy = (Effect: string): unknown => ({
    principalId: 'me',
    policyDocument: {
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: 'arn:aws:execute-api:*' }],
    },
    context: { who: 'me', n: 1 },
  });
  const ask = async (
    format: 'rest-token' | 'rest-request',
    reply: unknown,
    headers: Record<string, string> = { authorization: 'secret' },
  ): Promise<[number, unknown, unknown]> => {
    let asked: unknown;
    const authorizer: Authorizer = {
      type: 'lambda',
      name: 'Guard',
      functionId: 'Guard',
      format,
      simpleResponses: false,
      identitySources: ['method.request.header.Authorization'],
    };
    const guard = async (event: unknown): Promise<unknown> => {
      asked = event;
      if (reply instanceof Error) throw reply;
      return reply;
    };
    const front = restApi([{ path: '/x', authorizer }]);
    const served = await start(front, { Hello: echo, Guard: guard });
    const response = await fetch(`${served.url()}/x`, { headers });
    return [response.status, await response.json(), asked];
  };

  it('is given the token', async () => {
    const [status, event, asked] = await ask('rest-token', policy('Allow'));
    expect(status).toBe(200);
    expect(event).toMatchObject({
      requestContext: { authorizer: { principalId: 'me', who: 'me', n: '1' } },
    });
    expect(asked).toEqual({
      type: 'TOKEN',
      methodArn: expect.stringMatching(/\/live\/GET\/x$/),
      authorizationToken: 'secret',
    });
  });

  it('is given the request', async () => {
    const [status, , asked] = await ask('rest-request', policy('Allow'));
    expect(status).toBe(200);
    expect(asked).toMatchObject({ type: 'REQUEST', httpMethod: 'GET', resource: '/x' });
    expect(asked).not.toHaveProperty('body');
  });

  it.each<[string, unknown, number, unknown]>([
    [
      'denies',
      policy('Deny'),
      403,
      { Message: 'User is not authorized to access this resource with an explicit deny' },
    ],
    ['throws Unauthorized', new Error('Unauthorized'), 401, { message: 'Unauthorized' }],
    ['throws', new Error('broken'), 500, { message: null }],
    ['makes no sense', {}, 500, { message: null }],
  ])('keeps out when it %s', async (_what, reply, status, body) => {
    expect((await ask('rest-token', reply)).slice(0, 2)).toEqual([status, body]);
  });

  it('is not asked without a token', async () => {
    const unauthorized = [401, { message: 'Unauthorized' }, undefined];
    expect(await ask('rest-token', policy('Allow'), {})).toEqual(unauthorized);
  });
});
