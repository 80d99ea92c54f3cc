/**
 * What of a request can be told from a gateway's facts alone, without the environ that costs half of a small request
 * (decisions/008-gateway-request.md). Only what an environ would say in the same words; whatever it would touch is left to it.
 */
import type { RequestParts } from '../../core/request/request-parts.ts';
import type { HeaderMap } from '../../core/request/environ-keys.ts';
import { nameOfKey } from '../../core/request/environ-keys.ts';
import { MAX_REQUEST_HEADERS } from '../../http/headers.ts';
import type { AbortSignalLike } from '../../core/abort.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { Environ } from '../../types.ts';

/** Where a light request finds everything. */
export interface RequestSource {
  readonly environ: Environ;
  /** What a gateway knows, where it handed over its own request. */
  readonly parts?: RequestParts;
  readonly signal?: AbortSignalLike | undefined;
}

export interface UrlParts {
  scheme: string;
  host: string | undefined;
  path: string;
  query: string;
}

/** The parts as they came; undefined where a mount, or a platform that decodes paths, makes others of them. */
export function urlPartsFrom(
  { parts: request, server }: GatewayRequest,
  host: string | null,
): UrlParts | undefined {
  const { rawPath, path = rawPath, query = '' } = request;
  if (server.basePath || path !== rawPath || host === null) return undefined;
  const scheme = request.scheme === 'http' ? 'http' : 'https';
  return { scheme, host, path: rawPath, query };
}

/** How many header values there are. Inherited keys are counted, too: fewer would be no safer. */
export function countHeaders(headers: RequestParts['headers']): number {
  if (Array.isArray(headers)) return headers.length;
  const map = headers as HeaderMap;
  let count = 0;
  for (const name in map) {
    const value = map[name];
    count += Array.isArray(value) ? value.length : 1;
  }
  return count;
}

/** How many headers an environ has, where that is not certainly few. */
export function countEnvironHeaders(environ: Environ): number {
  const keys = Object.keys(environ);
  if (keys.length <= MAX_REQUEST_HEADERS) return keys.length;
  return keys.filter((key) => nameOfKey(key) !== '').length;
}

/** Whether its body, if it has one, is there already. */
export function isBuffered({ input, contentLength }: RequestParts): boolean {
  return input === undefined && contentLength === undefined;
}
