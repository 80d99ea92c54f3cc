/** What may stand for a client's address. Anything else a proxy says is not believed. */

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^(?=.*:.*:)[0-9a-f:]{2,39}(?:(?:\d{1,3}\.){3}\d{1,3})?(?:%[\w.-]+)?$/i;

export interface Address {
  address: string;
  port: string | undefined;
}

/**
 * `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`; not `unknown` or `_hidden`.
 */
export function readAddress(text: string | undefined): Address | undefined {
  if (text === undefined) return undefined;
  if (IPV4.test(text) || IPV6.test(text)) return { address: text, port: undefined };
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bracketed !== undefined && IPV6.test(bracketed)) return { address: bracketed, port };
  return plain !== undefined && IPV4.test(plain) ? { address: plain, port } : undefined;
}
