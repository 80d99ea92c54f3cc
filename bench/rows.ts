/** Who is measured, and on what. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LambdaRequest, LambdaSource } from 'gatecall/aws-model';

export type Source = Extract<LambdaSource, 'http-api-2' | 'alb' | 'rest-api'>;
export const SOURCES: readonly Source[] = ['http-api-2', 'alb', 'rest-api'];

/**
 * A row is an application with an adapter, and a file: `express5/gatecall` is
 * `handlers/express5/gatecall.ts`.
 */
export const FLOOR = 'native/floor';
/**
 * Applications, the same four routes in each. `native` has a hand-written handler beside gatecall,
 * one for each source.
 */
export const GROUPS = ['native', 'raw', 'express5', 'express4', 'koa', 'fastify', 'hono'] as const;
export type Group = (typeof GROUPS)[number];

export function fileOf(row: string, source: Source): string {
  return row === FLOOR ? `${FLOOR}-${source}` : row;
}

/** The floor, and every adapter that one application is measured with. */
export function rowsOf(here: string, group: Group, quick: boolean): string[] {
  const adapters = readdirSync(join(here, 'handlers', group))
    .map((file) => basename(file, '.ts'))
    .filter((name) => !name.startsWith('floor'))
    .filter((name) => !quick || QUICK.includes(name));
  // What a native application does for itself, it does in a bare listener with the peers.
  const beside = group === 'native' && quick ? ['raw/serverless-http'] : [];
  return [FLOOR, ...adapters.map((name) => `${group}/${name}`), ...beside];
}
/** Enough to see whether a change of gatecall helped. */
const QUICK = ['gatecall', 'gatecall-light', 'serverless-http', 'hono-aws-lambda'];

/** As a browser sends it: 15 headers, and the fronts add five. */
const HEADERS: readonly (readonly [string, string])[] = [
  ['Host', 'shop.example.com'],
  ['Accept', 'application/json, text/plain, */*'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'fr-FR,fr;q=0.9,en-GB;q=0.8,en;q=0.7'],
  ['Authorization', 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl'],
  ['Cache-Control', 'no-cache'],
  ['Cookie', 'session=0123456789abcdef0123456789abcdef; theme=dark'],
  ['Origin', 'https://www.example.com'],
  ['Pragma', 'no-cache'],
  ['Referer', 'https://www.example.com/shoes/red'],
  ['Sec-CH-UA', '"Chromium";v="142", "Not?A_Brand";v="99"'],
  ['Sec-CH-UA-Mobile', '?0'],
  ['Sec-Fetch-Dest', 'empty'],
  ['Sec-Fetch-Mode', 'cors'],
  ['Sec-Fetch-Site', 'same-site'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  ],
];

/** What is asked, and how to tell that the answer is right. */
export interface Scenario {
  readonly name: string;
  readonly request: LambdaRequest;
  readonly isRight: (body: Uint8Array) => boolean;
}

export const GET: Scenario = {
  name: 'small GET',
  request: { target: '/items?q=red%20shoes&page=2&sort=price', headers: HEADERS },
  isRight: (body) => {
    const { agent, q, page, sort } = parsed(body);
    return String(agent).startsWith('Mozilla') && q === 'red shoes' && page === '2' && !!sort;
  },
};

const LINES = Array.from({ length: 100 }, (_, index) => ({
  sku: `shoe-${index}`,
  name: 'A red shoe of the better kind, with laces',
  price: index,
  gift: index % 2 === 0,
}));

export const POST: Scenario = {
  name: '10 KB of JSON in',
  request: {
    method: 'POST',
    target: '/orders',
    headers: [...HEADERS, ['Content-Type', 'application/json']],
    body: JSON.stringify({ lines: LINES }),
  },
  isRight: (body) => parsed(body)['lines'] === 100 && parsed(body)['total'] === 4950,
};

const MEGABYTE = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);

export const LARGE: Scenario = {
  name: '1 MB of bytes out',
  request: { target: '/large', headers: HEADERS },
  isRight: (body) => Buffer.compare(body, MEGABYTE) === 0,
};

export const UPLOAD: Scenario = {
  name: '1 MB of bytes in',
  request: {
    method: 'POST',
    target: '/upload',
    headers: [...HEADERS, ['Content-Type', 'application/octet-stream']],
    body: MEGABYTE,
  },
  isRight: (body) => parsed(body)['length'] === 1_000_000 && parsed(body)['second'] === 1,
};

function parsed(body: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
}
