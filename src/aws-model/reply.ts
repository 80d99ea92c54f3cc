/**
 * What the reply readers have in common: members of untrusted JSON, header fields, bodies, the
 * platform's own errors.
 */
import { isToken } from '../http/headers.ts';
import { encodeNative } from '../base/native.ts';
import { isBodiless } from '../http/status.ts';
import { textBytes } from './message.ts';
import type { TestResponse } from './message.ts';
import { decodeBase64 } from './base64.ts';
import type { Pair } from './request.ts';

/** The platform cannot make an HTTP answer of the reply. The message is the reason. */
export class Malformed extends Error {
  override name = 'Malformed';
  /** Where it differs from the source's usual status. */
  readonly status: number | undefined;

  constructor(reason: string, status?: number) {
    super(reason);
    this.status = status;
  }
}

export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a string`, `an array`, `null`: for reasons. */
export function kind(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

export function members(value: unknown): Members {
  if (!isMembers(value))
    throw new Malformed(`malformed: the reply is ${kind(value)}, not an object`);
  return value;
}

/** An integer from 200 to 599; written as a numeric string too where the source allows it. */
export function statusOf(value: unknown, member: string, stringsToo: boolean): number {
  const numeric = stringsToo && typeof value === 'string' && /^\d{3}$/.test(value);
  const status = numeric ? Number(value) : value;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    const found = typeof value === 'object' ? kind(value) : JSON.stringify(value);
    throw new Malformed(
      `malformed: ${member} is ${found ?? 'missing'}, not an integer from 200 to 599`,
    );
  }
  return status;
}

// A platform that sent these on would let a reply write further headers of its own (response
// splitting).
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/** A field line as it goes out: JSON text is UTF-8 on the wire. */
export function field(name: string, value: string): Pair {
  if (!isToken(name)) throw new Malformed(`malformed: ${JSON.stringify(name)} is no header name`);
  if (CONTROL.test(value)) {
    throw new Malformed(`malformed: header ${name} holds a control character`);
  }
  return [name.toLowerCase(), encodeNative(value)];
}

/** The entries of a header map; none when the member is missing or null. */
export function headerEntries(value: unknown, member: string): [name: string, value: unknown][] {
  if (value === undefined || value === null) return [];
  if (!isMembers(value))
    throw new Malformed(`malformed: ${member} is ${kind(value)}, not an object`);
  return Object.entries(value);
}

/** A header value that must be a string. */
export function stringValue(name: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw new Malformed(`malformed: header ${name} is ${kind(value)}, not a string`);
  }
  return value;
}

/** A header value where numbers and booleans are written out, as API Gateway does. */
export function scalarValue(name: string, value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return stringValue(name, value);
}

/** The lines of a member `cookies`. */
export function cookieFields(cookies: unknown): Pair[] {
  if (cookies === undefined || cookies === null) return [];
  if (!Array.isArray(cookies)) {
    throw new Malformed(`malformed: cookies is ${kind(cookies)}, not an array`);
  }
  return cookies.map((cookie: unknown) => field('set-cookie', stringValue('set-cookie', cookie)));
}

export function arrayValue(name: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) {
    throw new Malformed(`malformed: multi-value header ${name} is ${kind(value)}, not an array`);
  }
  return value;
}

/** `isBase64Encoded` and its like: a boolean, or left out. */
export function flagOf(reply: Members, member: string): boolean {
  const value = reply[member] ?? false;
  if (typeof value !== 'boolean') {
    throw new Malformed(`malformed: ${member} is ${kind(value)}, not a boolean`);
  }
  return value;
}

/** The bytes of a body that is a string, or left out. */
export function bodyBytes(body: unknown, isBase64: boolean, invalidStatus?: number): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (typeof body !== 'string') {
    throw new Malformed(`malformed: body is ${kind(body)}, not a string`);
  }
  if (!isBase64) return textBytes(body);
  const bytes = decodeBase64(body);
  if (!bytes) throw new Malformed('malformed: body is not valid base64', invalidStatus);
  return bytes;
}

/** `Not Found` of `404 Not Found`. */
export function reasonOf(description: unknown): string | undefined {
  if (description === undefined || description === null) return undefined;
  if (typeof description !== 'string') {
    throw new Malformed(`malformed: statusDescription is ${kind(description)}, not a string`);
  }
  if (CONTROL.test(description)) {
    throw new Malformed('malformed: statusDescription holds a control character');
  }
  return encodeNative(description.replace(/^\d{3}\s*/, ''));
}

/** An answer without its Content-Length. */
export interface Reply {
  status: number;
  reason?: string | undefined;
  headers: readonly Pair[];
  body: Uint8Array;
  /** What the source calls a body without Content-Type. */
  defaultType?: string;
}

/**
 * Makes the client's answer: the front recomputes Content-Length, and delivers no body for HEAD,
 * 204 and 304. A default Content-Type comes with a status that may have a body only; for the others
 * nothing is recorded.
 */
export function deliver(reply: Reply, method: string): TestResponse {
  const bodiless = isBodiless(reply.status);
  const headers: Pair[] = reply.headers.filter(([name]) => name !== 'content-length');
  if (reply.defaultType && !bodiless && !headers.some(([name]) => name === 'content-type')) {
    headers.push(['content-type', reply.defaultType]);
  }
  if (!bodiless) headers.push(['content-length', String(reply.body.length)]);
  const response: TestResponse = {
    status: reply.status,
    headers,
    body: bodiless || method === 'HEAD' ? new Uint8Array() : reply.body,
  };
  if (reply.reason !== undefined) response.reason = reply.reason;
  return response;
}

/** The platform's own error, with the reason that AWS only logs. */
export function platformError(
  status: number,
  contentType: string,
  text: string,
  reason: string,
): Reply {
  return { status, reason, headers: [['content-type', contentType]], body: textBytes(text) };
}

/** The error page of a load balancer or of CloudFront. */
export function errorPage(reason: string): Reply {
  const title = '502 Bad Gateway';
  const page = `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  return platformError(502, 'text/html', page, reason);
}
