/** Both ways into the Node bridge tell of the same request. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromEnviron, fromGatewayRequest, type Incoming } from '../../src/bridges/node/incoming.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import type { RequestParts, ServerInfo } from '../../src/core/request/request-parts.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import type { Environ } from '../../src/types.ts';

const server: ServerInfo = { errors: errorStream(() => {}) };

function byBoth(facts: RequestParts, given: ServerInfo = server): [Incoming, Incoming] {
  const environ: Environ = createEnviron(facts, given);
  // A fresh one for the other door, so that neither reads the body of both.
  const received = {
    parts: facts,
    server: given,
    signal: undefined,
    get environ() {
      return createEnviron(facts, given);
    },
  };
  return [fromEnviron(environ), fromGatewayRequest(received)];
}

function told(incoming: Incoming): object {
  const { method, url, originalUrl, baseUrl, isHttp10, remoteAddress, secure, buffered } = incoming;
  const { list, byName } = incoming.headers;
  const lines = list.flatMap((name, index) =>
    index % 2 === 0 ? [`${name.toLowerCase()}: ${list[index + 1]}`] : [],
  );
  const named = byName && Object.entries(byName).map(([key, header]) => `${key}: ${header}`);
  expect(named?.sort() ?? lines.sort()).toEqual(lines.sort());
  const body = Buffer.from(incoming.takeBody() ?? []).toString('hex');
  const facts = { method, url, originalUrl, baseUrl, isHttp10, remoteAddress, secure, buffered };
  return { ...facts, lines: lines.sort(), body };
}

const NAMES =
  'Host host X-A x-a Cookie Set-Cookie Content-Length Content-Type TE x_y Connection Proxy __proto__ constructor X-Ü X-\u212a x-k';
const name = fc.constantFrom('', ...NAMES.split(' '));
const value = fc.oneof(fc.constantFrom('a', '', ' b ', 'ü', 'c,d', '5', 'X-A'), fc.string());
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined });

const requests: fc.Arbitrary<RequestParts> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'HEAD', 'get', 'MÄH'),
  rawPath: fc.oneof(fc.webPath(), fc.string(), fc.constantFrom('*', '', '//x', '/a%2Fb', '/ü b?#')),
  query: maybe(fc.oneof(fc.webQueryParameters(), fc.string())),
  scriptName: maybe(fc.constantFrom('/live', '/é', '')),
  headers: fc.oneof(
    fc.array(fc.tuple(name, value)),
    fc.dictionary(name, fc.oneof(value, fc.array(value), fc.constant(null))),
  ),
  cookies: maybe(fc.array(fc.constantFrom('a=1', 'b=2', ' c=ü '))),
  body: maybe(fc.uint8Array({ maxLength: 5 })),
  protocol: maybe(fc.constantFrom('HTTP/1.0', 'HTTP/1.1', 'HTTP/2.0')),
  scheme: maybe(fc.constantFrom('http', 'https')),
  remoteAddress: maybe(fc.constantFrom('192.0.2.1', '2001:db8::1')),
});

it('tell of the same request, whatever it is', () => {
  fc.assert(
    fc.property(requests, fc.constantFrom(undefined, ['/a'], ['/live']), (facts, basePath) => {
      const [byEnviron, bySide] = byBoth(facts, { ...server, basePath });
      expect(told(bySide)).toEqual(told(byEnviron));
    }),
    { numRuns: 2000 },
  );
});

it('makes no environ for a usual request', () => {
  const facts = { method: 'GET', rawPath: '/a', query: 'x=1', headers: { host: 'h', 'x-a': '1' } };
  const received = {
    parts: facts,
    server,
    signal: undefined,
    get environ(): Environ {
      throw new Error('the environ was made');
    },
  };
  expect(told(fromGatewayRequest(received))).toMatchObject({
    url: '/a?x=1',
    lines: ['host: h', 'x-a: 1'],
  });
});
