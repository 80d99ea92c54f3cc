/** Host names, and which of them mean this machine. */
import { isIP } from 'node:net';

/** The name in a Host header, in lower case, without the port. */
export function hostNameOf(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d*$/, '');
}

/**
 * The host that a request is for, and whether it can be believed: the authority of an absolute
 * target replaces Host (RFC 9112, section 3.2.2), a second Host may be what the function reads
 * instead of the first, and user information stands before the name that a browser resolves.
 */
export function requestHost(
  target: string,
  hosts: readonly string[],
): { host: string | undefined; isValid: boolean } {
  const [, authority] = ABSOLUTE.exec(target) ?? [];
  const host = authority ?? hosts[0];
  const isValid = hosts.length < 2 && (host === undefined || HOST.test(host));
  return { host, isValid };
}

/** `http://host:port`, and what follows. */
export const ABSOLUTE: RegExp = /^https?:\/\/([^/?#]*)(.*)$/is;
/**
 * RFC 3986, section 3.2.2, without `userinfo@`; an underscore is no letter of DNS and is in use.
 */
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * Names that no other owner can resolve to this machine: addresses, and those that RFC 6761,
 * section 6.3 reserves. HTTP/1.0 has none at all.
 */
export function isLocalName(name: string): boolean {
  if (name === '' || name === 'localhost' || name.endsWith('.localhost')) return true;
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
