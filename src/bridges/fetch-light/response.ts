/** `Response` of the Fetch standard (section "Response class") without undici. */
import {
  BodyContent,
  readArrayBuffer,
  readBlob,
  readBytes,
  readForm,
  readJson,
  readText,
} from '../fetch/body.ts';
import { findNativeResponse } from './native-fetch.ts';
import { LightHeaders } from '../fetch/headers.ts';
import { extractBody } from './extract-body.ts';
import { showAs } from '../fetch/custom-inspect.ts';

interface Parts {
  status: number;
  statusText: string;
  headers: LightHeaders;
  content: BodyContent | null;
  type: 'default' | 'error';
}

const NULL_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);
const REDIRECT: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Only {@link LightResponse} itself gives this as a body. */
const PARTS: unique symbol = Symbol('parts');

export class LightResponse {
  readonly #status: number;
  readonly #statusText: string;
  readonly #headers: LightHeaders;
  readonly #content: BodyContent | null;
  readonly #type: 'default' | 'error';

  constructor(body?: unknown, init?: unknown) {
    if (body === PARTS) {
      const parts = init as Parts;
      this.#status = parts.status;
      this.#statusText = parts.statusText;
      this.#headers = parts.headers;
      this.#content = parts.content;
      this.#type = parts.type;
      return;
    }
    const { status, statusText, headers } = readInit(init);
    this.#status = statusOf(status);
    this.#statusText = statusTextOf(statusText);
    this.#headers = new LightHeaders(headers);
    this.#type = 'default';
    if (body === undefined || body === null) {
      this.#content = null;
      return;
    }
    if (NULL_BODY.has(this.#status)) {
      throw new TypeError(
        `Response constructor: Invalid response status code ${this.#status} with a body`,
      );
    }
    const { content, type } = extractBody(body);
    this.#content = content;
    if (type !== null) LightHeaders.add(this.#headers, 'content-type', type);
  }

  static isLight(value: unknown): value is LightResponse {
    return typeof value === 'object' && value !== null && #status in value;
  }

  static content(response: LightResponse): BodyContent | null {
    return response.#content;
  }

  static error(): LightResponse {
    const headers = LightHeaders.freeze(new LightHeaders());
    return makeResponse({ status: 0, statusText: '', headers, content: null, type: 'error' });
  }

  static json(data: unknown, init?: unknown): LightResponse {
    const text: string | undefined = JSON.stringify(data);
    if (text === undefined) throw new TypeError('The data is not JSON serializable');
    const { status, statusText, headers: given } = readInit(init);
    const code = statusOf(status);
    if (NULL_BODY.has(code)) {
      throw new TypeError(`Response.json: Invalid response status code ${code} with a body`);
    }
    const headers = new LightHeaders(given);
    LightHeaders.add(headers, 'content-type', 'application/json');
    const content = new BodyContent(text);
    return makeResponse({
      status: code,
      statusText: statusTextOf(statusText),
      headers,
      content,
      type: 'default',
    });
  }

  static redirect(url: string | URL, status = 302): LightResponse {
    let location: string;
    try {
      location = new URL(String(url)).href;
    } catch (cause) {
      throw new TypeError(`Failed to parse URL from ${String(url)}`, { cause });
    }
    if (!REDIRECT.has(status)) throw new RangeError(`Invalid status code ${status}`);
    const headers = new LightHeaders({ location });
    LightHeaders.freeze(headers);
    return makeResponse({ status, statusText: '', headers, content: null, type: 'default' });
  }

  get type(): 'default' | 'error' {
    return this.#type;
  }

  get url(): string {
    return '';
  }

  get redirected(): boolean {
    return false;
  }

  get status(): number {
    return this.#status;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get headers(): LightHeaders {
    return this.#headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#content?.stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#content?.used ?? false;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return readArrayBuffer(this.#content);
  }

  blob(): Promise<Blob> {
    return readBlob(this.#content, this.headers.get('content-type'));
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.#content);
  }

  async formData(): Promise<FormData> {
    return readForm(this.#content, this.headers.get('content-type'), await findNativeResponse());
  }

  json(): Promise<unknown> {
    return readJson(this.#content);
  }

  text(): Promise<string> {
    return readText(this.#content);
  }

  /** @throws {TypeError} when the body has been read */
  clone(): LightResponse {
    const content = this.#content && this.#content.clone();
    const headers = LightHeaders.copy(this.#headers);
    if (this.#type === 'error') LightHeaders.freeze(headers);
    return makeResponse({
      status: this.#status,
      statusText: this.#statusText,
      headers,
      content,
      type: this.#type,
    });
  }

  get [Symbol.toStringTag](): string {
    return 'Response';
  }
}

showAs(LightResponse.prototype, 'Response', ({ status, statusText, headers, bodyUsed }) => ({
  status,
  statusText,
  headers,
  bodyUsed,
}));

function makeResponse(parts: Parts): LightResponse {
  return new LightResponse(PARTS, parts);
}

interface Dictionary {
  status?: unknown;
  statusText?: unknown;
  headers?: unknown;
}

function readInit(init: unknown): Dictionary {
  if (init === undefined || init === null) return {};
  if (typeof init !== 'object' && typeof init !== 'function') {
    throw new TypeError('Response constructor: the init is an object');
  }
  return init;
}

/** @throws {RangeError} */
function statusOf(status: unknown): number {
  if (status === undefined) return 200;
  // WebIDL: an unsigned short.
  const code = Math.trunc(Number(status)) & 0xffff;
  if (code < 200 || code > 599) {
    throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
  }
  return code;
}

/** RFC 9112 section 4. @throws {TypeError} */
function statusTextOf(statusText: unknown): string {
  if (statusText === undefined) return '';
  const text = String(statusText);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) throw new TypeError('Invalid statusText');
  return text;
}
