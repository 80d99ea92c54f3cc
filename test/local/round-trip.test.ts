/**
 * Random requests: over HTTP to a front, as its event to an application, and back, nothing may
 * change that the source keeps.
 */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import { startFronts, type Fronts } from '../../src/local/fronts.ts';
import type { Front } from '../../src/local/project.ts';
import { percentDecode } from '../../src/base/native.ts';
import type { Application } from '../../src/types.ts';
import { functionUrl, httpApi, inProcess, loadBalancer, restApi } from './support.ts';

interface Exchange {
  method: string;
  path: string;
  query: [string, string][];
  tag: string;
  body: Uint8Array;
  status: number;
  answer: Uint8Array;
}

/** What the application saw, and what it shall answer. */
let seen: { method: string; path: string; query: string; tag: unknown; body: number[] };
let wanted: { status: number; answer: Uint8Array };

const application: Application = async (environ, startResponse) => {
  seen = {
    method: environ.REQUEST_METHOD,
    path: environ.PATH_INFO,
    query: environ.QUERY_STRING,
    tag: environ.HTTP_X_TAG,
    body: [...(await environ['wsgi.input'].read())],
  };
  startResponse(`${wanted.status} Whatever`, [
    ['Content-Type', 'application/octet-stream'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ]);
  return [wanted.answer];
};

const FRONTS: Readonly<Record<string, Front>> = {
  'rest-api': restApi([{ path: '/' }, { path: '/{p+}' }], { binaryMediaTypes: ['*/*'] }),
  'http-api-1': httpApi([{ path: '$default', payloadFormat: '1.0' }]),
  'http-api-2': httpApi([{ path: '$default' }]),
  'function-url': functionUrl(),
  'alb-multi': loadBalancer([
    {
      conditions: [],
      action: { type: 'function', functionId: 'Hello', multiValueHeaders: true },
    },
  ]),
};

const word = fc.string({
  unit: fc.constantFrom(...Array.from('abcZ09-._~é ß%/+?&=')),
  maxLength: 8,
});
const exchange = fc.record<Exchange>({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
  path: fc
    .array(
      word.filter((it) => it !== ''),
      { maxLength: 3 },
    )
    .map((words) => `/${words.map(encodeURIComponent).join('/')}`),
  query: fc.uniqueArray(fc.tuple(word, word), { maxLength: 3, selector: ([name]) => name }),
  tag: fc
    .string({ unit: fc.constantFrom(...Array.from('abc,; ="')), maxLength: 12 })
    .map((it) => it.trim()),
  body: fc.uint8Array({ maxLength: 200 }),
  status: fc.constantFrom(200, 201, 299, 404, 500),
  answer: fc.uint8Array({ maxLength: 200 }),
});

const sorted = (pairs: [string, string][]): [string, string][] =>
  pairs.toSorted(([one], [other]) => (one < other ? -1 : 1));

describe.each(Object.entries(FRONTS))('%s', (name, front) => {
  let fronts: Fronts;
  beforeAll(async () => {
    const functions = inProcess({ Hello: toLambdaHandler(application) });
    const project = { file: '', folder: '', functions: [], fronts: [front], notes: [] };
    fronts = await startFronts(project, { functions, port: 0 });
  });
  afterAll(() => fronts.close());

  it('carries any request and answer', async () => {
    await fc.assert(
      fc.asyncProperty(exchange, async ({ method, path, query, tag, body, status, answer }) => {
        const pairs = query.map((pair) => pair.map(encodeURIComponent).join('='));
        const target = path + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
        wanted = { status, answer };
        const url = new URL(fronts.list[0]?.url ?? '');
        const sent = httpRequest({
          port: url.port,
          method,
          path: url.pathname.replace(/\/$/, '') + target,
          headers: {
            'x-tag': tag,
            'content-type': 'application/octet-stream',
            'content-length': body.length,
          },
          agent: false,
        });
        sent.end(body);
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        const received = new Uint8Array(await buffer(response));

        const decoded = percentDecode(path);
        expect(seen).toEqual({
          method,
          // An HTTP API cuts the path at a question mark (middleapi/standard-server#93).
          path: name.startsWith('http-api') ? decoded.replace(/\?.*$/s, '') : decoded,
          query: expect.any(String),
          tag,
          body: [...body],
        });
        // JSON objects have names that look like numbers first.
        expect(sorted([...new URLSearchParams(seen.query)])).toEqual(sorted(query));
        expect(response.statusCode).toBe(status);
        expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2']);
        expect(response.headers['content-type']).toBe('application/octet-stream');
        expect([...received]).toEqual([...answer]);
      }),
      { numRuns: 60 },
    );
  });
});
