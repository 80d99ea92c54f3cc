/**
 * The whole interface between a gateway and an application, on one screen.
 * It is PEP 3333 carried over to TypeScript; `Application` is where to start reading.
 *
 * ```ts
 * const application: Application = (environ, startResponse) => {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']]);
 *   return [new TextEncoder().encode(`Hello ${environ.PATH_INFO}\n`)];
 * };
 * ```
 */

/**
 * A string whose every code unit is at most U+00FF: bytes as code points (PEP 3333, "A Note On
 * String Types").
 */
export type NativeString = string;
/** One header as a pair. Names compare case-insensitively; order and repeats are kept. */
export type Header = readonly [name: NativeString, value: NativeString];
export type HeaderList = readonly Header[];

/** `wsgi.input`. Iteration yields lines, as files do in Python, not network blocks. */
export interface InputStream extends AsyncIterable<Uint8Array> {
  /**
   * Exactly `min(size, remaining)` bytes; everything that remains when `size` is left out or
   * negative.
   */
  read(size?: number): Promise<Uint8Array>;
  /** Through and including the next `\n`, at most `size` bytes; empty at the end. */
  readline(size?: number): Promise<Uint8Array>;
  /** All lines that remain; stops after the line with which `hint` bytes are reached. */
  readlines(hint?: number): Promise<Uint8Array[]>;
}

/** An input whose body is in memory already: announced by `environ['gatecall.input_buffered']`. */
export interface BufferedInputStream extends InputStream, Iterable<Uint8Array> {
  readSync(size?: number): Uint8Array;
  readlineSync(size?: number): Uint8Array;
  readlinesSync(hint?: number): Uint8Array[];
}

/**
 * `wsgi.errors`: a text stream for people. Takes any string, lone surrogates included, and never
 * throws.
 */
export interface ErrorStream {
  write(text: string): void;
  writelines(lines: Iterable<string>): void;
  flush(): void | PromiseLike<void>;
}

/**
 * What `wsgi.file_wrapper` wraps: anything that can be read block by block. An empty block is the
 * end.
 */
export interface FileLike {
  read(size?: number): Uint8Array | PromiseLike<Uint8Array>;
  close?(): void | PromiseLike<void>;
}

export interface Closable {
  /** Called exactly once, however the response ends. */
  close?(): void | PromiseLike<void>;
}
export type SyncResponseBody = Iterable<Uint8Array> & Closable;
export type AsyncResponseBody = AsyncIterable<Uint8Array> & Closable;
/**
 * What an application returns. A yielded block belongs to the server: do not change it afterwards.
 */
export type ResponseBody = SyncResponseBody | AsyncResponseBody;

/**
 * The imperative way out, for code that cannot yield. The promise, if any, is back-pressure and
 * never rejects. The first call sends the head, so `write(new Uint8Array(0))` sends it before there
 * is a block: for event streams and long polls.
 */
export type Write = (data: Uint8Array) => void | PromiseLike<void>;

/**
 * Announce status and headers. They leave with the first non-empty block or the first call of
 * `write`, so until then an application may call again with the `error` it is handling and replace
 * them wholesale. `undefined` and `null` mean "no error".
 */
export type StartResponse = (status: NativeString, headers: HeaderList, error?: unknown) => Write;

/**
 * The request: an ordinary mutable object, new for each request, that inherits nothing
 * (`'constructor' in environ` is false).
 */
export interface Environ {
  REQUEST_METHOD: NativeString;
  /** The part of the path that belongs to the mount: `''`, or `/…` without a trailing slash. */
  SCRIPT_NAME: NativeString;
  /**
   * The rest: `''` or `/…`, percent-decoded once, bytes as code points (`decodeNative` makes it
   * text).
   */
  PATH_INFO: NativeString;
  /** After the `?`, undecoded; `''` when there is none. */
  QUERY_STRING: NativeString;
  SERVER_NAME: NativeString;
  SERVER_PORT: NativeString;
  SERVER_PROTOCOL: NativeString;
  CONTENT_TYPE?: NativeString;
  /** Bytes of the decoded body. Absent when the request has no body. */
  CONTENT_LENGTH?: NativeString;
  REMOTE_ADDR?: NativeString;
  REMOTE_PORT?: NativeString;
  REMOTE_USER?: NativeString;
  AUTH_TYPE?: NativeString;
  GATEWAY_INTERFACE?: NativeString;
  SERVER_SOFTWARE?: NativeString;
  HTTPS?: NativeString;
  /** The undecoded target (path and query), because decoding `PATH_INFO` loses `%2F`. */
  REQUEST_URI?: NativeString;
  'wsgi.version': readonly [1, 0];
  'wsgi.url_scheme': NativeString;
  'wsgi.input': InputStream;
  'wsgi.errors': ErrorStream;
  'wsgi.multithread': boolean;
  'wsgi.multiprocess': boolean;
  'wsgi.run_once': boolean;
  'wsgi.input_terminated'?: boolean;
  'wsgi.file_wrapper'?: (file: FileLike, blockSize?: number) => ResponseBody;
  [header: `HTTP_${string}`]: NativeString | undefined;
  [extension: `${string}.${string}`]: unknown;
  [key: string]: unknown;
}

/** An application: called once per request, returns the body's blocks. */
export type Application = (
  environ: Environ,
  startResponse: StartResponse,
) => ResponseBody | PromiseLike<ResponseBody>;

/** A middleware meets the duties of both sides: it is called like an application and calls one. */
export type Middleware = (application: Application) => Application;

/** A class whose instances are response bodies; `fromClass` makes an application of it. */
export type ApplicationClass = new (environ: Environ, startResponse: StartResponse) => ResponseBody;
