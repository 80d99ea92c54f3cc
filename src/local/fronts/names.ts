/** Host names, and whose they are. */
import { isIP } from 'node:net';

/** The name in a Host header, in lower case, without the port. */
export function hostNameOf(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d*$/, '');
}

/** Names that no one else can have point here: addresses, and what RFC 6761 section 6.3 reserves. None at all is HTTP/1.0's. */
export function isLocalName(name: string): boolean {
  if (name === '' || name === 'localhost' || name.endsWith('.localhost')) return true;
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
