/** Hosts: what may stand in a Host header, and its parts. */

/** RFC 3986 section 3.2, without user information. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?$/;

/**
 * Whether a text is an authority, which may be empty (RFC 9112 section 3.2). Anything else would
 * put text of the client's into the URLs that applications build.
 */
export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}

export interface HostName {
  /** As it came. */
  text: string;
  /** In lower case, without the port; an IPv6 address keeps its brackets. */
  name: string;
  port: string | undefined;
}

/**
 * A host with or without a port; `undefined` for anything else, such as what carries a path or a
 * user.
 */
export function parseHost(text: string | undefined): HostName | undefined {
  const match = /^([\w.-]+|\[[0-9a-f:.]+\])(?::(\d{0,5}))?$/i.exec(text ?? '');
  if (!match) return undefined;
  const [whole, name = '', port] = match;
  return { text: whole, name: name.toLowerCase(), port: port || undefined };
}
