/** Who is measured, and on what. */
import type { LambdaRequest, LambdaSource } from 'gatecall/testing/aws';

export type Source = Extract<LambdaSource, 'http-api-2' | 'alb' | 'rest-api'>;
export const SOURCES: readonly Source[] = ['http-api-2', 'alb', 'rest-api'];

/** Rows are the names of files in `handlers/`; the floor has one for each source. */
export const FLOOR = 'floor';
export const PEERS: readonly string[] = [
  'serverless-http',
  'serverless-express',
  'serverless-adapter',
  'hono',
  'srvx',
  'fastify',
];
export const ROWS: readonly string[] = [FLOOR, 'gatecall', ...PEERS];
/** Enough to see whether a change of gatecall helped. */
export const FEW_ROWS: readonly string[] = [FLOOR, 'gatecall', 'serverless-http'];

export function fileOf(row: string, source: Source): string {
  return row === FLOOR ? `${FLOOR}-${source}` : row;
}

/** As a browser sends it: 15 headers, and the fronts add five. */
const HEADERS: LambdaRequest['headers'] = [
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

export const SMALL: LambdaRequest = {
  target: '/items?q=red%20shoes&page=2&sort=price',
  headers: HEADERS,
};
export const LARGE: LambdaRequest = { target: '/large', headers: HEADERS };
