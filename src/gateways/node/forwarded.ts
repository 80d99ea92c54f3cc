/** What the trusted proxies in front say of the client. */
import { readAddress } from '../../http/address.ts';
import { findHeaders, listItems } from '../../http/headers.ts';
import type { HeaderList } from '../../types.ts';

/**
 * The client's address. Each proxy appends the address that asked it, so the entry of the farthest
 * trusted proxy is `trustedProxies` from the end. Undefined if there are fewer entries, because the
 * request then came around a proxy.
 */
export function forwardedAddress(headers: HeaderList, trustedProxies: number): string | undefined {
  return readAddress(entries(headers, 'x-forwarded-for').at(-trustedProxies))?.address;
}

/**
 * The scheme as the farthest trusted proxy saw it. Proxies overwrite this header more often than
 * they append to it.
 */
export function forwardedScheme(
  headers: HeaderList,
  trustedProxies: number,
): 'http' | 'https' | undefined {
  const scheme = entries(headers, 'x-forwarded-proto').slice(-trustedProxies)[0]?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

/** The items of all lines of a header. */
function entries(headers: HeaderList, name: string): string[] {
  return findHeaders(headers, name).flatMap(listItems);
}
