/**
 * A CloudEvent as the request that carries it in binary mode (CloudEvents HTTP protocol binding,
 * section 3.1).
 */
import type { RequestParts } from '../../core/request/request-parts.ts';
import type { Header } from '../../types.ts';

/** An event as the functions framework hands it over: a plain object. */
export interface CloudEvent {
  id: string;
  source: string;
  type: string;
  specversion?: string;
  datacontenttype?: string;
  data?: unknown;
  data_base64?: string;
  [attribute: string]: unknown;
}

export function eventRequest(event: CloudEvent): RequestParts {
  if (typeof event !== 'object' || event === null || typeof event.id !== 'string') {
    throw new TypeError(
      'a CloudEvent is an object with id, source and type; is this function deployed for HTTP or background events?',
    );
  }
  const { data, data_base64: base64, datacontenttype, ...attributes } = event;
  // The framework keeps these of an event in structured mode only. In binary mode the attributes
  // are header values as they came, percent-encoded by their sender.
  const structured = datacontenttype !== undefined || base64 !== undefined;
  const headers: Header[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (!/^[a-z0-9]+$/.test(name)) continue;
    if (['string', 'number', 'boolean'].includes(typeof value)) {
      headers.push([`ce-${name}`, headerValue(String(value), structured)]);
    }
  }
  const bytes = data instanceof Uint8Array;
  const body = base64 === undefined ? bodyOf(data, datacontenttype) : Buffer.from(base64, 'base64');
  if (body) {
    const type = datacontenttype ?? (bytes ? 'application/octet-stream' : 'application/json');
    headers.push(['content-type', type]);
  }
  return { method: 'POST', rawPath: '/', headers, body, scheme: 'https' };
}

function bodyOf(data: unknown, type = 'application/json'): Uint8Array | undefined {
  if (data === undefined || data === null) return undefined;
  if (data instanceof Uint8Array) return data;
  const isJson = /^application\/(?:.*\+)?json\b/i.test(type);
  return Buffer.from(typeof data === 'string' && !isJson ? data : JSON.stringify(data));
}

/**
 * Printable ASCII stays, but for the space and the quote, and for the escape character where it is
 * none yet.
 */
function headerValue(text: string, structured: boolean): string {
  const encoded = structured ? text.replaceAll('%', '%25') : text;
  return encoded.toWellFormed().replace(/[^\x21\x23-\x7e]+/g, (piece) => encodeURIComponent(piece));
}
