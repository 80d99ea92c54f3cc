/** Growth laws: what a client controls the number of costs time in proportion. */
import { describe, expect, it } from 'vitest';
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { LightHeaders } from '../../src/bridges/fetch/headers.ts';
import { LightRequest } from '../../src/bridges/fetch/request.ts';
import { LightResponse } from '../../src/bridges/fetch-light/response.ts';
import { sendLightResponse } from '../../src/bridges/fetch-light/send.ts';
import { callApplication } from '../../src/core/call.ts';
import { createGatewayRequest } from '../../src/core/gateway-request.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import type { HeaderMap } from '../../src/core/request/environ-keys.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { MAX_REQUEST_HEADERS } from '../../src/http/headers.ts';
import { toFetchHandler } from '../../src/gateways/fetch.ts';
import { text } from '../../src/core/response/answers.ts';
import type { Environ, Header } from '../../src/types.ts';
import { expectLinear } from '../growth.ts';

const server = { errors: errorStream(() => undefined) };
const request = (headers: HeaderMap | Header[], cookies: string[] = []) => ({
  method: 'GET',
  rawPath: '/',
  headers: Array.isArray(headers) ? headers : { host: 'app.example', ...headers },
  cookies,
});

/**
 * The names are longer than what the caches of header names take, or those would make the smaller
 * number cheaper.
 */
const numbered = (count: number, name = 'x-'): [string, string][] =>
  Array.from({ length: count }, (_, index) => [`${name}${'long-'.repeat(14)}${index}`, 'v']);
const direct = (headers: HeaderMap, cookies?: string[]): LightHeaders => {
  const parts = request(headers, cookies);
  return LightHeaders.of({
    parts,
    get environ(): Environ {
      return createEnviron(parts, server);
    },
  });
};

describe('time in proportion is what it takes for', () => {
  const work: Record<string, (count: number) => () => unknown> = {
    'headers listed': (count) => {
      const headers = Object.fromEntries(numbered(count));
      return () => [...direct(headers)];
    },
    'headers of mixed case listed': (count) => {
      const headers = Object.fromEntries(numbered(count, 'X-'));
      return () => [...direct(headers)];
    },
    'values of one header': (count) => {
      const headers = { 'x-tag': numbered(count).map(([name]) => name) };
      return () => direct(headers).get('X-Tag')?.length;
    },
    'cookies of an event': (count) => {
      const cookies = numbered(count).map(([name]) => `${name}=1`);
      return () => [...direct({}, cookies)];
    },
    'headers each asked for': (count) => {
      const headers = new LightHeaders(numbered(count));
      return () => numbered(count).map(([name]) => headers.get(name));
    },
    'headers each set in a copy': (count) => {
      const headers = direct(Object.fromEntries(numbered(count)));
      return () => {
        const copy = new LightHeaders();
        headers.forEach((value, name) => copy.set(name, value));
        return copy;
      };
    },
    'headers each deleted on the way': (count) => () => {
      const headers = new LightHeaders(numbered(count));
      for (const [name] of headers) headers.delete(name);
    },
    'headers each added on the way': (count) => () => {
      const headers = new LightHeaders({ a: '1' });
      let added = 0;
      for (const [name] of headers) if (added++ < count) headers.append(`${name[0]}${added}`, '1');
    },
    'cookies appended': (count) => () => {
      const headers = new LightHeaders();
      for (let index = 0; index < count; index++) headers.append('Set-Cookie', 'a=1');
      return headers.getSetCookie();
    },
    'headers of a response': (count) => {
      const response = new LightResponse('x', { headers: numbered(count) });
      return () => {
        const sent = new LightResponse(null, response);
        return sendLightResponse(sent, () => () => undefined, false);
      };
    },
    'headers of a copied request': (count) => {
      const headers = new LightHeaders(numbered(count));
      const parts = { method: 'GET', url: 'http://app.example/', headers };
      return () => LightRequest.native(new LightRequest(parts));
    },
  };

  // A run that other processes slow down is done again: what is not linear fails every time.
  it.each(Object.keys(work))('%s', { retry: 2 }, (name) => {
    const runs = new Map<number, () => unknown>();
    expectLinear((count) => {
      const run = runs.get(count) ?? work[name]?.(count);
      if (!run) throw new Error(`no work ${name}`);
      runs.set(count, run);
      run();
    }, 400);
  });
});

describe('a request with too many headers', () => {
  const answers = async (
    headers: HeaderMap | Header[],
    behind = false,
  ): Promise<{ status: string; called: boolean }> => {
    let called = false;
    const application = fromFetchHandler(() => {
      called = true;
      return new Response('ok');
    });
    const environ = createEnviron(request(headers), server);
    const { status } = await callApplication(
      application,
      behind ? environ : createGatewayRequest(request(headers), server),
    );
    return { status, called };
  };
  const most = Object.fromEntries(numbered(MAX_REQUEST_HEADERS - 1));
  const list: Header[] = [['host', 'app.example'], ...numbered(MAX_REQUEST_HEADERS - 1)];
  const full = { status: '200 OK', called: true };
  const refused = { status: '431 Request Header Fields Too Large', called: false };

  it('is 431 behind a gateway, whatever has brought them', async () => {
    expect(await answers(most)).toEqual(full);
    expect(await answers({ ...most, 'x-more': '1' })).toEqual(refused);
    expect(await answers({ ...most, 'x-0': ['1', '2'] })).toEqual(refused);
    expect(await answers({ 'x-0': Array.from<string>({ length: 3000 }).fill('v') })).toEqual(
      refused,
    );
    expect(await answers(list)).toEqual(full);
    expect(await answers([...list, ['x-0', '2']])).toEqual(refused);
  });

  it('is 431 behind a middleware', async () => {
    expect(await answers(most, true)).toEqual(full);
    expect(await answers({ ...most, 'x-more': '1' }, true)).toEqual(refused);
  });

  it('is 431 in toFetchHandler', async () => {
    const handler = toFetchHandler(text('ok'));
    const send = async (headers: [string, string][]): Promise<[number, string]> => {
      const response = await handler(new Request('http://app.example/', { headers }));
      return [response.status, await response.text()];
    };
    expect(await send(numbered(MAX_REQUEST_HEADERS))).toEqual([200, 'ok']);
    expect(await send(numbered(MAX_REQUEST_HEADERS + 1))).toEqual([
      431,
      'Request Header Fields Too Large\n',
    ]);
  });
});
