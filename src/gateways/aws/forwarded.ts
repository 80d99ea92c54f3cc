/** What AWS's fronts say about the client's connection, in headers which they set or overwrite themselves. */
import type { HeaderMap } from '../../core/request/environ.ts';

/** The last value of a header, by its lower-case name or by the capitalised one that payload 1.0 events use. */
function lastValue(
  headers: HeaderMap | null | undefined,
  name: string,
  capitalised: string,
): string | undefined {
  const value = headers?.[name] ?? headers?.[capitalised];
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
}

/** `x-forwarded-proto`, its first token; undefined unless it is http or https. */
export function forwardedScheme(
  headers: HeaderMap | null | undefined,
): 'http' | 'https' | undefined {
  const value = lastValue(headers, 'x-forwarded-proto', 'X-Forwarded-Proto');
  if (value === 'https' || value === 'http') return value;
  const token = value?.split(',', 1)[0]?.trim().toLowerCase();
  return token === 'https' || token === 'http' ? token : undefined;
}

export function forwardedPort(headers: HeaderMap | null | undefined): string | undefined {
  return lastValue(headers, 'x-forwarded-port', 'X-Forwarded-Port');
}

/**
 * The client's address from `x-forwarded-for`: its last entry, the one the load balancer appended. The first is whatever the
 * client wrote. A port, which an ALB can be told to add, is taken off.
 */
export function forwardedFor(headers: HeaderMap | null | undefined): string | undefined {
  const value = lastValue(headers, 'x-forwarded-for', 'X-Forwarded-For');
  const address = value?.slice(value.lastIndexOf(',') + 1).trim();
  if (!address) return undefined;
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address);
  if (bracketed) return bracketed[1];
  return /^[^:]+:\d+$/.test(address) ? address.slice(0, address.indexOf(':')) : address;
}
