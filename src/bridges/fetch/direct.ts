/**
 * A request read directly from a gateway's parts, without the environ that costs half of a small
 * request (decisions/008-gateway-request.md). Where an environ would say something else,
 * `undefined` leaves it to that.
 */
import type { RequestParts } from '../../core/request/request-parts.ts';
import { isHeaderList, nameOfKey } from '../../core/request/environ-keys.ts';
import { MAX_REQUEST_HEADERS } from '../../http/headers.ts';
import type { AbortSignalLike } from '../../core/abort.ts';
import type { GatewayRequest } from '../../core/gateway-request.ts';
import type { Environ } from '../../types.ts';

/** Where a light request looks its parts up. */
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

/**
 * The parts as they came; `undefined` where a mount, or a platform that decodes paths, changes
 * them.
 */
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
  if (isHeaderList(headers)) return headers.length;
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    count += Array.isArray(value) ? value.length : 1;
  }
  return count;
}

/** How many headers an environ has; all keys are counted where even those are few enough. */
export function countEnvironHeaders(environ: Environ): number {
  const keys = Object.keys(environ);
  if (keys.length <= MAX_REQUEST_HEADERS) return keys.length;
  return keys.filter((key) => nameOfKey(key) !== '').length;
}

/** Whether the body, if there is one, is there as a whole. */
export function isBuffered({ input, contentLength }: RequestParts): boolean {
  return input === undefined && contentLength === undefined;
}
