/**
 * `Request` of the Fetch standard (section "Request class"), of which each part is looked up when
 * it is asked for: in a gateway's parts, or in an environ.
 */
import type { Environ } from '../../types.ts';
import {
  BodyContent,
  readArrayBuffer,
  readBlob,
  readBytes,
  readForm,
  readJson,
  readText,
} from './body.ts';
import { isBuffered, type RequestSource } from './direct.ts';
import { LightHeaders } from './headers.ts';
import { showAs } from './custom-inspect.ts';

/**
 * What a `Request` has beside method, URL, headers, body and signal. Only browsers and `fetch()`
 * use it.
 */
export interface FetchSettings {
  cache: string;
  credentials: string;
  integrity: string;
  keepalive: boolean;
  mode: string;
  redirect: string;
  referrer: string;
  referrerPolicy: string;
}

export const DEFAULTS: FetchSettings = {
  cache: 'default',
  credentials: 'same-origin',
  integrity: '',
  keepalive: false,
  mode: 'cors',
  redirect: 'follow',
  referrer: 'about:client',
  referrerPolicy: '',
};

export interface RequestParts {
  method: string;
  /** Serialised as the URL standard has it. */
  url: string;
  /** Instead of headers and content: where to look them up. */
  source?: RequestSource;
  headers?: LightHeaders;
  content?: BodyContent | null;
  signal?: AbortSignal;
  settings?: FetchSettings;
}

export class LightRequest {
  readonly #method: string;
  readonly #url: string;
  readonly #source: RequestSource | undefined;
  readonly #settings: FetchSettings;
  #headers: LightHeaders | undefined;
  #content: BodyContent | null | undefined;
  #signal: AbortSignal | undefined;
  #standard: Request | undefined;

  constructor({
    method,
    url,
    source,
    headers,
    content,
    signal,
    settings = DEFAULTS,
  }: RequestParts) {
    this.#method = method;
    this.#url = url;
    this.#source = source;
    this.#settings = settings;
    this.#headers = headers;
    this.#content = content;
    this.#signal = signal;
  }

  static isLight(value: unknown): value is LightRequest {
    return typeof value === 'object' && value !== null && #url in value;
  }

  static settings(request: LightRequest): FetchSettings {
    return request.#settings;
  }

  /**
   * The platform's own, made once, for code that reads its private state. The two share their body.
   */
  static native(request: LightRequest): Request {
    if (!request.#standard) {
      // Following a signal costs undici 2 µs.
      const signal = request.#mayAbort() ? { signal: request.signal } : undefined;
      const standard = new Request(request.#url, { ...LightRequest.init(request), ...signal });
      request.#standard = LightRequest.addHeaders(standard, request);
    }
    return request.#standard;
  }

  /**
   * Gives a request the headers of a light one. One by one, because undici takes longer for those
   * of an init.
   */
  static addHeaders(standard: Request, { headers }: LightRequest): Request {
    const own = standard.headers;
    LightHeaders.each(headers, (name, value) => own.set(name, value));
    return standard;
  }

  /** The init of the same request for any class's constructor, without headers and signal. */
  static init(request: LightRequest): RequestInit | undefined {
    const { body } = request;
    if (request.#method === 'GET' && request.#settings === DEFAULTS) return undefined;
    return {
      ...(request.#settings !== DEFAULTS && request.#settings),
      method: request.#method,
      ...(body && { body, duplex: 'half' }),
    } as RequestInit;
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    return this.#url;
  }

  get headers(): LightHeaders {
    this.#headers ??= this.#source ? LightHeaders.of(this.#source) : new LightHeaders();
    return this.#headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#body?.stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#body?.used ?? false;
  }

  /** Aborts when the client has gone or the time is nearly up, where the server knows of it. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      const signal = this.#source?.environ['gatecall.signal'];
      this.#signal = signal instanceof AbortSignal ? signal : new AbortController().signal;
    }
    return this.#signal;
  }

  get cache(): string {
    return this.#settings.cache;
  }

  get credentials(): string {
    return this.#settings.credentials;
  }

  get destination(): string {
    return '';
  }

  get duplex(): 'half' {
    return 'half';
  }

  get integrity(): string {
    return this.#settings.integrity;
  }

  get isHistoryNavigation(): boolean {
    return false;
  }

  get isReloadNavigation(): boolean {
    return false;
  }

  get keepalive(): boolean {
    return this.#settings.keepalive;
  }

  get mode(): string {
    return this.#settings.mode;
  }

  get redirect(): string {
    return this.#settings.redirect;
  }

  get referrer(): string {
    return this.#settings.referrer;
  }

  get referrerPolicy(): string {
    return this.#settings.referrerPolicy;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return readArrayBuffer(this.#body);
  }

  blob(): Promise<Blob> {
    return readBlob(this.#body, this.headers.get('content-type'));
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.#body);
  }

  async formData(): Promise<FormData> {
    return readForm(this.#body, this.headers.get('content-type'), Response);
  }

  json(): Promise<unknown> {
    return readJson(this.#body);
  }

  text(): Promise<string> {
    return readText(this.#body);
  }

  /** @throws {TypeError} when the body has been read */
  clone(): LightRequest {
    const content = this.#body;
    return new LightRequest({
      method: this.#method,
      url: this.#url,
      headers: LightHeaders.copy(this.headers),
      content: content && content.clone(),
      signal: this.signal,
      settings: this.#settings,
    });
  }

  get [Symbol.toStringTag](): string {
    return 'Request';
  }

  get #body(): BodyContent | null {
    if (this.#content === undefined) {
      const source = this.#mayHaveBody() ? this.#source : undefined;
      this.#content = source ? contentOf(source) : null;
    }
    return this.#content;
  }

  #mayAbort(): boolean {
    const source = this.#source;
    if (this.#signal || !source) return this.#signal !== undefined;
    return (source.parts ? source.signal : source.environ['gatecall.signal']) !== undefined;
  }

  /** The standard has no body under GET and HEAD. */
  #mayHaveBody(): boolean {
    return this.#method !== 'GET' && this.#method !== 'HEAD';
  }
}

showAs(LightRequest.prototype, 'Request', ({ method, url, headers, bodyUsed }) => ({
  method,
  url,
  headers,
  bodyUsed,
}));

/** From the environ only where the gateway's parts have no whole body. */
function contentOf(source: RequestSource): BodyContent | null {
  const { parts } = source;
  if (parts && isBuffered(parts)) {
    return parts.body && parts.body.length > 0 ? new BodyContent(parts.body) : null;
  }
  return hasBody(source.environ) ? new BodyContent(source.environ['wsgi.input']) : null;
}

/** A buffered input without a length is no body; a streamed one may still be (chunked). */
function hasBody(environ: Environ): boolean {
  const length = environ.CONTENT_LENGTH;
  return length === undefined ? environ['gatecall.input_buffered'] !== true : length !== '0';
}
