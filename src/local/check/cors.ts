/** Finds CORS that both the front and the application answer. */
import { basename } from 'node:path';
import type { Front, Place } from '../project.ts';
import { type CheckContext, waysOf } from './context.ts';
import { placeIn, type Source, withImports } from './source.ts';

const PACKAGES = new Set([
  'cors',
  '@fastify/cors',
  '@koa/cors',
  '@middy/http-cors',
  'hono/cors',
  'koa2-cors',
]);

export function checkCors(context: CheckContext): void {
  const seen = new Set<string>();
  for (const { front, functionId } of waysOf(context.project)) {
    const key = `${front.kind} ${front.id} ${functionId}`;
    if (front.kind === 'alb' || !front.cors || seen.has(key)) continue;
    seen.add(key);
    const source = context.sourceOf(functionId);
    const found = source && corsIn(context.project.folder, source);
    if (found) sayTwice(context, front, functionId, found);
    else if (front.kind === 'rest-api' && source) sayNever(context, front, functionId, source);
  }
}

/**
 * The outcome of two answers by each front:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
 */
const OUTCOME = {
  'http-api': 'API Gateway throws the application’s away',
  'function-url': 'browsers refuse an answer with two',
} as const;

interface Found {
  readonly what: string;
  readonly place: Place;
}

function sayTwice(
  { notes }: CheckContext,
  front: Exclude<Front, { kind: 'alb' }>,
  functionId: string,
  { what, place }: Found,
): void {
  // With SAM's Cors a REST API answers preflights only.
  if (front.kind === 'rest-api') return;
  const name = front.kind === 'function-url' ? `the function URL of ${functionId}` : front.id;
  const where = `${basename(place.file)}:${place.line}`;
  const message = `CORS is answered twice, by ${name} and by ${what} in ${where}: ${OUTCOME[front.kind]}`;
  notes.warning('cors', message, {
    place: front.places?.['CorsConfiguration'] ?? front.places?.['Cors'] ?? front.place,
    resource: functionId,
    fix: 'leave it to one of them',
  });
}

/**
 * REST APIs answer preflights only: the function must send `Access-Control-Allow-Origin` in its
 * answers.
 */
function sayNever(
  { notes }: CheckContext,
  front: Exclude<Front, { kind: 'alb' }>,
  functionId: string,
  source: Source,
): void {
  const message = `Cors of ${front.id} answers preflights alone, and nothing in ${basename(source.file)} or what it imports by path sends Access-Control-Allow-Origin`;
  notes.info('cors', message, {
    place: front.places?.['Cors'] ?? front.place,
    resource: functionId,
  });
}

function corsIn(folder: string, source: Source): Found | undefined {
  for (const one of withImports(folder, source)) {
    const imported = one.imports.find(({ specifier }) => PACKAGES.has(specifier));
    if (imported) return { what: imported.specifier, place: placeIn(one, imported.offset) };
    const own = one.imports.find(({ specifier }) => specifier.startsWith('gatecall/middleware'));
    const call = own && /\bcors\s*\(/.exec(one.code);
    if (call) return { what: 'cors()', place: placeIn(one, call.index) };
    const header = /access-control-allow-origin/i.exec(one.text);
    if (header) return { what: header[0], place: placeIn(one, header.index) };
  }
  return undefined;
}
