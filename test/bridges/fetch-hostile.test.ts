/**
 * Requests that no `Request` can hold, objects that somebody polluted, and hosts that a path cannot
 * change.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { lambdaEvent, lambdaResponse, lambdaSources } from '../../src/aws-model.ts';
import { callApplication } from '../../src/core/call.ts';
import { createGatewayRequest } from '../../src/core/gateway-request.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import type { RequestParts } from '../../src/core/request/request-parts.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import { toFetchHandler } from '../../src/gateways/fetch.ts';
import { json } from '../../src/core/response/answers.ts';
import { mount } from '../../src/middleware.ts';
import type { Application } from '../../src/types.ts';

const kinds = ['light', 'standard'] as const;

/** A request past the environ and behind one. */
async function both(
  kind: 'light' | 'standard',
  parts: Partial<RequestParts>,
  handler: (request: Request) => Response | Promise<Response>,
): Promise<{ status: string; text: string; log: string }[]> {
  const facts = { method: 'GET', rawPath: '/', headers: { host: 'app.example' }, ...parts };
  const ways = [createGatewayRequest, createEnviron] as const;
  return Promise.all(
    ways.map(async (make) => {
      const log: string[] = [];
      const request = make(facts, { errors: errorStream((line) => log.push(line)) });
      const application = fromFetchHandler(handler, { request: kind });
      const { status, body } = await callApplication(application, request);
      return { status, text: Buffer.from(body).toString(), log: log.join('') };
    }),
  );
}

describe.each(kinds)('a %s request', (kind) => {
  it.each([
    ['TRACE', '501 Not Implemented'],
    ['CONNECT', '501 Not Implemented'],
    ['TRACK', '501 Not Implemented'],
    ['trace', '501 Not Implemented'],
    ['G T', '400 Bad Request'],
    ['GET\r\nX: y', '400 Bad Request'],
    ['\u001b[31m', '400 Bad Request'],
    ['', '400 Bad Request'],
    ['\u0100', '400 Bad Request'],
  ])('of method %j is answered with %s, and nothing is logged', async (method, status) => {
    let called = false;
    const answers = await both(kind, { method }, () => {
      called = true;
      return new Response();
    });
    for (const answer of answers) {
      expect(answer).toEqual({ status, text: `${status.slice(4)}\n`, log: '' });
    }
    expect(called).toBe(false);
  });

  it.each(['PROPFIND', 'patch', 'QUERY', 'post', 'M-SEARCH'])('may be %s', async (method) => {
    const wanted = new Request('http://app.example/', { method }).method;
    for (const answer of await both(kind, { method }, (request) => new Response(request.method))) {
      expect(answer).toEqual({ status: '200 OK', text: wanted, log: '' });
    }
  });
});

describe('toFetchHandler', () => {
  const send = async (
    method: string,
    application: Application,
  ): Promise<[status: number, text: string, log: string]> => {
    const log: string[] = [];
    const handler = toFetchHandler(application, { log: (line) => log.push(line) });
    // As a host might: no Request can be made with such a method.
    const request = Object.defineProperty(new Request('http://app.example/'), 'method', {
      value: method,
    });
    const response = await handler(request);
    return [response.status, await response.text(), log.join('')];
  };
  const failing: Application = () => {
    throw new Error('on purpose');
  };

  it.each(['G T', 'GET\r\nX: y', '\u001b[31mGET', '', '\u0100'])(
    'answers 400 to the method %j, which would go into log lines',
    async (method) => {
      expect(await send(method, failing)).toEqual([400, 'Bad Request\n', '']);
    },
  );

  it.each(['TRACE', 'CONNECT', 'TRACK'])(
    'leaves %s to an application, and the bridge answers 501',
    async (method) => {
      const bridge = fromFetchHandler(() => new Response('ok'));
      expect(await send(method, bridge)).toEqual([501, 'Not Implemented\n', '']);
      const native: Application = (environ, startResponse) =>
        json(environ.REQUEST_METHOD)(environ, startResponse);
      expect(await send(method, native)).toEqual([200, JSON.stringify(method), '']);
    },
  );
});

describe('a polluted Object.prototype', () => {
  const names = ['x-evil', 'connection', 'HTTP_X_EVIL', 'ip', 'waitUntil', 'cookie'];
  afterEach(() => {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
  });
  const pollute = (): void => {
    for (const name of names) {
      // oxlint-disable-next-line no-extend-native -- what a dependency may have done
      Object.defineProperty(Object.prototype, name, {
        value: 'x-tag',
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
  };

  it.each(kinds)('adds no header to a %s request, and takes none away', async (kind) => {
    const seen: unknown[] = [];
    const environ = createEnviron(
      { method: 'GET', rawPath: '/', headers: { host: 'app.example', 'x-tag': 'one' } },
      { errors: errorStream(() => undefined) },
    );
    pollute();
    const look = ({ headers }: Request): Response => {
      seen.push([headers.get('x-evil'), headers.get('x-tag'), headers.get('cookie')]);
      seen.push([...headers].filter(([name]) => name !== 'host'));
      return new Response();
    };
    const application = fromFetchHandler(look, { request: kind });
    const headers = { host: 'app.example', 'x-tag': 'one' };
    const request = createGatewayRequest(
      { method: 'GET', rawPath: '/', headers },
      { errors: errorStream(() => undefined) },
    );
    await callApplication(application, request);
    // A middleware may have made an object of its own.
    await callApplication(application, { ...environ });
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    expect(seen.filter((_, index) => index % 2 === 0)).toEqual([
      [null, 'one', null],
      [null, 'one', null],
    ]);
    for (const list of seen.filter((_, index) => index % 2 === 1)) {
      expect(list).toEqual([['x-tag', 'one']]);
    }
  });

  it('makes no address and no waitUntil in toFetchHandler', async () => {
    const application = toFetchHandler(
      (environ, startResponse) => json([environ.REMOTE_ADDR ?? null])(environ, startResponse),
      { platform: 'netlify' },
    );
    const request = new Request('http://app.example/');
    pollute();
    const response = await application(request, {});
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    expect(await response.json()).toEqual([null]);
  });
});

describe('the host of request.url', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      '/',
      '%2f',
      '%2F',
      '\\',
      '%5c',
      '@',
      '.',
      '%2e',
      ':',
      '?',
      '#',
      'a',
      'evil.example',
      ' ',
      '\t',
      '\n',
      '\u00e9',
      '%',
      '*',
      ';',
    ),
    maxLength: 8,
  });
  const mounts = ['', '/api', '/api/v1', '/a%2fb', '/caf\u00e9'];

  it('stays that of the request, for every mount, bridge and path', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.constantFrom(...lambdaSources),
        fc.constantFrom(...mounts),
        text,
        fc.boolean(),
        async (kind, source, prefix, path, outer) => {
          const hosts: string[] = [];
          const bridge = fromFetchHandler(
            (request) => {
              const { host, pathname } = new URL(request.url);
              // The path alone, as applications append it to a base of their own.
              hosts.push(host, new URL(`http://base.example${pathname}`).host);
              return new Response();
            },
            { request: kind },
          );
          const application = outer && prefix !== '' ? mount({ [prefix]: bridge }) : bridge;
          const options = {
            log: () => undefined,
            ...(!outer && prefix !== '' && { basePath: prefix }),
          };
          const event = lambdaEvent(source, {
            target: `${prefix}${path}`,
            headers: [['Host', 'app.example']],
          });
          const context = { getRemainingTimeInMillis: () => 3000 };
          const reply = await toLambdaHandler(application, options)(event, context);
          expect([200, 400, 404]).toContain(lambdaResponse(source, reply).status);
          for (const host of hosts) expect(['app.example', 'base.example']).toContain(host);
          expect(hosts[0] ?? 'app.example').toBe('app.example');
        },
      ),
      { numRuns: 400 },
    );
  });

  it('stays that of the host’s request behind toFetchHandler', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.constantFrom(...mounts),
        text,
        async (kind, prefix, path) => {
          const hosts: string[] = [];
          const bridge = fromFetchHandler(
            (request) => {
              hosts.push(new URL(request.url).host);
              return new Response();
            },
            { request: kind },
          );
          const handler = toFetchHandler(bridge, {
            log: () => undefined,
            ...(prefix !== '' && { basePath: prefix }),
          });
          // As hosts hand it over that leave the URL as it was sent.
          const request = Object.defineProperty(new Request('http://app.example/'), 'url', {
            value: `http://app.example/${prefix}${path}`,
          });
          await handler(request);
          expect(hosts).toEqual(hosts.map(() => 'app.example'));
        },
      ),
      { numRuns: 200 },
    );
  });
});
