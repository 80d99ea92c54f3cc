/**
 * Random requests and answers: through a local front, its event,
 * `toLambdaHandler(fromNodeListener(listener))` and back, everything is as behind node:http, but
 * for what each front does by its nature. That is written down here as rules, one a difference.
 */
import { once } from 'node:events';
import { isSingleField } from '../../src/http/single-fields.ts';
import { existsSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromNodeListener, type NodeListener } from '../../src/bridges/node.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import { type Fronts, startFronts } from '../../src/local/fronts.ts';
import type { Front } from '../../src/local/project.ts';
import { percentDecode } from '../../src/base/native.ts';
import { root } from '../nodes.ts';
import { optional } from '../optional.ts';
import { functionUrl, httpApi, inProcess, loadBalancer, restApi } from './support.ts';

// ── The listeners ───────────────────────────────────────────────────────────────────────────────

type Pair = [name: string, value: string];

interface Asked {
  method: string;
  path: string;
  query: string;
  headers: Pair[];
  body: Buffer;
}

interface Wanted {
  status: number;
  headers: Pair[];
  body: Buffer;
  how: 'end' | 'writeHead' | 'two writes';
}

/** What the listener was told. */
interface Told {
  method: string;
  path: string;
  query: string;
  headers: Record<string, string | string[]>;
  address: string;
  encrypted: boolean;
  version: string;
  body: string;
}

let told: Told | undefined;
let wanted: Wanted = { status: 200, headers: [], body: Buffer.alloc(0), how: 'end' };

const plain: NodeListener = async (request, response) => {
  const { method = '', url = '', headers, httpVersion, socket } = request;
  const { path, query } = split(url);
  told = {
    method,
    path,
    query,
    headers: headers as Record<string, string>,
    address: (socket.remoteAddress ?? '').replace('::ffff:', ''),
    encrypted: 'encrypted' in socket && socket.encrypted === true,
    version: httpVersion,
    body: (await buffer(request)).toString('latin1'),
  };
  const { status, headers: fields, body, how } = wanted;
  if (how === 'writeHead') response.writeHead(status, fields.flat());
  else {
    response.statusCode = status;
    for (const [name, value] of fields) response.appendHeader(name, value);
  }
  if (how === 'two writes') response.write(body.subarray(0, 3));
  response.end(how === 'two writes' ? body.subarray(3) : body);
};

const hasExpress = optional(
  'frameworks',
  existsSync(`${root}test/frameworks/node_modules/express`),
  'npm ci --ignore-scripts --prefix test/frameworks',
);

/** With a router, a parser of queries and a body parser in front of the same. */
function expressListener(): NodeListener {
  const require = createRequire(`${root}test/frameworks/package.json`);
  const express = require('express') as () => NodeListener & {
    all(path: RegExp, listener: NodeListener): void;
    disable(setting: string): void;
  };
  const app = express();
  app.disable('x-powered-by');
  app.all(/.*/, (request, response) => void plain(request, response));
  return app;
}

function split(target: string): { path: string; query: string } {
  const [path = '', ...query] = target.split('?');
  return { path, query: query.join('?') };
}

// ── What fronts do by their nature ──────────────────────────────────────────────────────────────

interface Rules {
  front: Front;
  /** In front of every path. */
  stage?: string;
  /** The path, as far as it is known behind this front. */
  path(path: string): string;
  /** The query, as far as it is known behind this front. */
  query(query: string): unknown;
  /**
   * A request header's lines come joined by a comma alone (`joined`), or of them only the last
   * comes (`last`).
   */
  repeats?: 'joined' | 'last';
  /** A response header has one line: a list, or the first of a field that is no list. */
  folds?: boolean;
  /** The reason phrase is the application's. */
  reason?: boolean;
}

const exact = <T>(value: T): T => value;
/** Decoded by the front, and cut off at a question mark (middleapi/standard-server#93). */
const decoded = (path: string): string => percentDecode(path).replace(/\?.*$/s, '');
/** Decoded pairs, in the order of a map's names. */
const parsed = (query: string): unknown => byName([...new URLSearchParams(query)]);
/** Pairs as they came, in the order of a map's names; `flag` and `flag=` are one. */
const grouped = (query: string): unknown => byName(pairsOf(query));
/** Of these, one value a name. */
const lastOnes = (query: string): unknown => byName([...new Map(pairsOf(query))]);

function pairsOf(query: string): Pair[] {
  return query.split('&').flatMap((part): Pair[] => {
    const [name = '', ...rest] = part.split('=');
    return part === '' ? [] : [[name, rest.join('=')]];
  });
}

function byName(pairs: Pair[]): Pair[] {
  return pairs.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
}

const everything = { method: '$default', path: '$default' };
const balancer = (multiValueHeaders: boolean): Front =>
  loadBalancer([
    { conditions: [], action: { type: 'function', functionId: 'Hello', multiValueHeaders } },
  ]);

const FRONTS: Readonly<Record<string, Rules>> = {
  'rest-api': {
    front: restApi([{ path: '/' }, { path: '/{p+}' }], { binaryMediaTypes: ['*/*'] }),
    stage: '/live',
    path: exact,
    query: parsed,
  },
  'http-api-1': {
    front: httpApi([{ ...everything, payloadFormat: '1.0' }]),
    path: decoded,
    query: parsed,
  },
  'http-api-2': {
    front: httpApi([everything]),
    path: decoded,
    query: exact,
    repeats: 'joined',
    folds: true,
  },
  'function-url': {
    front: functionUrl(),
    path: exact,
    query: exact,
    repeats: 'joined',
    folds: true,
  },
  alb: {
    front: balancer(false),
    path: exact,
    query: lastOnes,
    repeats: 'last',
    folds: true,
    reason: true,
  },
  'alb-multi': { front: balancer(true), path: exact, query: grouped, reason: true },
};

/**
 * What every front adds to a request, and what is of the connection and so never reaches a
 * function.
 */
const ADDED_TO_REQUESTS = /^(?:connection|x-forwarded-.*|x-amzn-.*)$/;
/** What every front and server writes by itself. The length is compared as the body is. */
const ADDED_TO_ANSWERS =
  /^(?:connection|keep-alive|date|content-length|transfer-encoding|apigw-requestid|x-amz-apigw-id|x-amzn-requestid|x-amzn-trace-id)$/;

function toldBehind(told: Told, rules: Rules): object {
  const headers: Pair[] = Object.entries(told.headers).flatMap(([name, value]): Pair[] => {
    if (ADDED_TO_REQUESTS.test(name)) return [];
    // Whether a client without a body has said so is not told by every front.
    if (name === 'content-length' && value === '0') return [];
    const text = String(value);
    return [[name, rules.repeats === 'joined' ? text.replaceAll(/,\s*/g, ',') : text]];
  });
  return {
    ...told,
    path: rules.path(told.path),
    query: rules.query(told.query),
    headers: Object.fromEntries(headers),
  };
}

function answerBehind(got: Got, rules: Rules, typed: boolean): object {
  const fields = new Map<string, string[]>();
  for (const [name, value] of got.headers) {
    // API Gateway and function URLs rename what they have uses of their own for.
    const own = name.replace(/^x-amzn-remapped-/, '');
    // A body without a type gets one.
    if (ADDED_TO_ANSWERS.test(own) || (own === 'content-type' && !typed)) continue;
    fields.set(own, [...(fields.get(own) ?? []), value]);
  }
  return {
    status: got.status,
    reason: rules.reason ? got.reason : '',
    headers: Object.fromEntries(
      [...fields].map(([name, lines]) => [
        name,
        rules.folds && name !== 'set-cookie' ? foldedLine(name, lines) : lines,
      ]),
    ),
    body: got.body,
    told: toldBehind(got.told, rules),
  };
}

function foldedLine(name: string, lines: readonly string[]): string {
  return (isSingleField(name) ? (lines[0] ?? '') : lines.join(', ')).trim();
}

// ── Requests ────────────────────────────────────────────────────────────────────────────────────

const letters = (all: string, maxLength = 6): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(all)), maxLength });
const pick = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const segment = fc.oneof(
  letters("aZ9-._~!$&'()*+,;=:@"),
  pick('%20', '%C3%A9', '%2F', 'a%3Fb', '%25'),
);
const path = fc
  .array(segment, { maxLength: 3 })
  .map((all) => `/${all.join('/')}`.replace(/^\/+/, '/'));
const part = fc.oneof(letters('abc19-._~'), pick('%20', '%C3%A9', '+', '%26', '%3D', 'a%2Cb'));
const query = fc
  .array(
    fc.oneof(
      part,
      fc.tuple(part, part).map((pair) => pair.join('=')),
    ),
    { maxLength: 4 },
  )
  .map((all) => all.join('&'));
const value = letters('abc,; ="/%', 12).map((it) => it.trim());
const headers = fc.record({
  lists: fc.array(fc.tuple(pick('X-Tag', 'x-tag', 'X-Other', 'Accept'), value), { maxLength: 4 }),
  // A client that repeats these is at fault.
  single: fc.uniqueArray(
    fc.tuple(pick('User-Agent', 'If-None-Match', 'Origin', 'Referer'), value),
    {
      maxLength: 3,
      selector: ([name]) => name,
    },
  ),
  cookies: fc.array(pick('a=1', 'b="2"', 'c=%20; d='), { maxLength: 2 }),
});
const bytes = fc.uint8Array({ maxLength: 60 }).map((it) => Buffer.from(it));

const asked: fc.Arbitrary<Asked> = fc
  .record({
    method: pick('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    path,
    query,
    headers,
    type: pick('application/octet-stream', 'text/plain', 'application/json; charset=utf-8'),
    body: bytes,
  })
  .map(({ headers: { lists, single, cookies }, type, body, ...rest }) => ({
    ...rest,
    body: /^(?:GET|HEAD|OPTIONS)$/.test(rest.method) ? Buffer.alloc(0) : body,
    headers: [
      ['Host', 'app.example'],
      ...lists,
      ...single,
      ...(cookies.length > 0 ? [['Cookie', cookies.join('; ')] as Pair] : []),
      ...(/^(?:GET|HEAD|OPTIONS)$/.test(rest.method)
        ? []
        : [['Content-Type', type] as Pair, ['Content-Length', String(body.length)] as Pair]),
    ],
  }));

const answer: fc.Arbitrary<Wanted> = fc
  .record({
    status: pick(200, 201, 204, 206, 299, 301, 304, 401, 404, 418, 500, 503, 599),
    headers: fc.array(
      fc.tuple(
        pick(
          'X-One',
          'X-Two',
          'ETag',
          'Cache-Control',
          'Location',
          'Vary',
          'Server',
          'WWW-Authenticate',
          'Content-Disposition',
        ),
        value,
      ),
      { maxLength: 4 },
    ),
    cookies: fc.subarray([
      'a=1; Path=/',
      'b=2; HttpOnly',
      'c=3; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
    ]),
    type: pick(undefined, 'text/plain; charset=utf-8', 'image/png'),
    body: bytes,
    how: pick<Wanted['how']>('end', 'writeHead', 'two writes'),
  })
  .map(({ cookies, type, ...rest }) => ({
    ...rest,
    headers: [
      ...rest.headers,
      ...cookies.map((cookie): Pair => ['Set-Cookie', cookie]),
      ...(type === undefined ? [] : [['Content-Type', type] as Pair]),
    ],
  }));

interface Got {
  status: number;
  reason: string;
  headers: Pair[];
  body: string;
  told: Told;
}

async function exchange(port: string | number, stage: string, request: Asked): Promise<Got> {
  const { method, path, query, headers, body } = request;
  told = undefined;
  const sent = httpRequest({
    host: '127.0.0.1',
    port,
    method,
    path: stage + path + (query === '' ? '' : `?${query}`),
    headers: headers.flat(),
    setHost: false,
    agent: false,
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const received = await buffer(response);
  const { statusCode = 0, statusMessage = '', rawHeaders } = response;
  const fields: Pair[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    fields.push([(rawHeaders[at] ?? '').toLowerCase(), rawHeaders[at + 1] ?? '']);
  if (!told) throw new Error(`the listener was not called: ${statusCode} ${received.toString()}`);
  return {
    status: statusCode,
    reason: statusMessage,
    headers: fields,
    body: received.toString('latin1'),
    told,
  };
}

/** Of each header the last line alone. */
function withLast(request: Asked): Asked {
  const last = new Map(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { ...request, headers: [...last] };
}

const listeners: [string, boolean, () => NodeListener][] = [
  ['a plain listener', true, () => plain],
  ['an Express application', hasExpress, expressListener],
];

for (const [title, present, create] of listeners) {
  describe.runIf(present)(`behind fronts, ${title}`, () => {
    let node: Server;
    beforeAll(async () => {
      node = createServer(create() as never).listen(0, '127.0.0.1');
      await once(node, 'listening');
    });
    afterAll(() => void node.close());

    describe.each(Object.entries(FRONTS))('%s', (_name, rules) => {
      let fronts: Fronts;
      beforeAll(async () => {
        const Hello = toLambdaHandler(fromNodeListener(create()));
        const project = { file: '', folder: '', functions: [], fronts: [rules.front], notes: [] };
        fronts = await startFronts(project, {
          functions: inProcess({ Hello }),
          port: 0,
          allowedHosts: 'any',
        });
      });
      afterAll(() => fronts.close());

      it('is as node:http', async () => {
        const { port } = new URL(fronts.list[0]?.url ?? '');
        const nodePort = (node.address() as AddressInfo).port;
        await fc.assert(
          fc.asyncProperty(asked, answer, async (request, wish) => {
            wanted = wish;
            const sent = rules.repeats === 'last' ? withLast(request) : request;
            const behindNode = await exchange(nodePort, '', sent);
            const behindFront = await exchange(port, rules.stage ?? '', request);
            const typed = behindNode.headers.some(([name]) => name === 'content-type');
            expect(answerBehind(behindFront, rules, typed)).toEqual(
              answerBehind(behindNode, rules, typed),
            );
          }),
          { numRuns: 150 },
        );
      });
    });
  });
}
