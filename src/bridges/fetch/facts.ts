/**
 * What of a request can be told from a gateway's facts alone, without the environ that costs half of a small request
 * (decisions/008-side-door.md). Only what an environ would say in the same words; whatever it would touch is left to it.
 */
import type { HeaderMap, RequestFacts } from '../../environ.ts';
import type { Received } from '../../side-door.ts';
import type { Environ } from '../../types.ts';

/** Where a light request finds everything. */
export interface RequestSource {
  readonly environ: Environ;
  readonly request?: RequestFacts;
}

const PLAIN_METHOD = /^[A-Z]+$/;

export function methodFrom({ request }: Received): string | undefined {
  return PLAIN_METHOD.test(request.method) ? request.method : undefined;
}

export interface UrlParts {
  scheme: string;
  host: string | undefined;
  path: string;
  query: string;
}

/** The parts as they came; undefined where a mount, or a platform that decodes paths, makes others of them. */
export function urlPartsFrom({ request, server }: Received): UrlParts | undefined {
  const { rawPath, path = rawPath, query = '' } = request;
  if (server.basePath || path !== rawPath) return undefined;
  const scheme = request.scheme === 'http' ? 'http' : 'https';
  return { scheme, host: plainHeader(request, 'host'), path: rawPath, query };
}

/** What an environ drops, joins, counts anew, or takes from elsewhere. */
const TOUCHED =
  /^(?:connection|content-length|cookie|keep-alive|proxy.*|te|transfer-encoding|upgrade)$/;
const PLAIN_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** The value of a header that came once, in lower case; undefined says nothing of whether there is one. */
export function plainHeader({ headers }: RequestFacts, name: string): string | undefined {
  if (Array.isArray(headers)) return undefined;
  const map = headers as HeaderMap;
  if (!Object.hasOwn(map, name) || TOUCHED.test(name) || name.includes('_')) return undefined;
  const value = map[name];
  // What Connection names belongs to the connection.
  if (typeof value !== 'string' || !PLAIN_VALUE.test(value) || 'connection' in map)
    return undefined;
  return value;
}
