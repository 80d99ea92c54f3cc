/** What the proxies in front say of the client. Only so many of them are believed as the deployer has named. */
import { findHeaders } from '../../headers.ts';
import type { HeaderList } from '../../types.ts';

/**
 * The client's address: each proxy appends the one it was asked from, so the entry that the farthest trusted one wrote is `hops`
 * from the end. Undefined where there are fewer, for then the request came around a proxy.
 */
export function forwardedAddress(headers: HeaderList, hops: number): string | undefined {
  const entry = entries(headers, 'x-forwarded-for').at(-hops);
  return entry === undefined ? undefined : addressOf(entry);
}

/** The scheme as the farthest trusted proxy saw it. Proxies overwrite this header more often than they append to it. */
export function forwardedScheme(headers: HeaderList, hops: number): 'http' | 'https' | undefined {
  const scheme = entries(headers, 'x-forwarded-proto').slice(-hops)[0]?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

/** The entries of a comma-separated header, over all its lines. */
function entries(headers: HeaderList, name: string): string[] {
  return findHeaders(headers, name)
    .flatMap((value) => value.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** Without a port; undefined for `unknown` and other names that are no address. */
function addressOf(entry: string): string | undefined {
  const [, bracketed, v4, v6] =
    /^(?:\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?|([0-9.]+)(?::[0-9]+)?|([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+))$/.exec(
      entry,
    ) ?? [];
  return bracketed ?? v4 ?? v6;
}
