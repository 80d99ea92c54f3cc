/** What a gateway knows of a request and of itself, before anything is made of it. */
import type { HeaderMap } from './environ-keys.ts';
import type { ErrorStream, HeaderList, InputStream } from '../../types.ts';

/**
 * What a gateway knows of a request. Texts may hold any JavaScript string; they are encoded here,
 * unless `native` says otherwise.
 */
export interface RequestParts {
  /**
   * The texts are native strings already, bytes as code points, as `node:http` and other servers of
   * their own hand them over: encoded once more, a byte `E9` would become two.
   */
  native?: boolean | undefined;
  method: string;
  /** The path as it was sent, undecoded. */
  rawPath: string;
  /**
   * The decoded path, where the platform decoded it already; left out, `rawPath` is percent-decoded
   * once.
   */
  path?: string | undefined;
  /** After the `?`, undecoded. */
  query?: string | undefined;
  /** A prefix that the client's URL has and the path given here has not: a stage. */
  scriptName?: string | undefined;
  headers: HeaderMap | HeaderList;
  /** Cookies the platform took out of the headers; they replace a `cookie` header. */
  cookies?: readonly string[] | null | undefined;
  /** The body's bytes; left out when there is none. */
  body?: Uint8Array | undefined;
  /** Instead of `body`: a stream, its length in bytes under `contentLength` where known. */
  input?: InputStream | undefined;
  contentLength?: number | undefined;
  scheme?: 'http' | 'https' | undefined;
  protocol?: string | null | undefined;
  /** For `SERVER_NAME` when the request has no Host. */
  serverName?: string | null | undefined;
  serverPort?: string | undefined;
  /** Addresses and identity come from the platform, never from a header a client can write. */
  remoteAddress?: string | null | undefined;
  remoteUser?: string | null | undefined;
}

/** What a gateway knows of itself. */
export interface ServerInfo {
  errors: ErrorStream;
  /**
   * Mount points, e.g. `/shop`. The longest that the path begins with moves to `SCRIPT_NAME`, at a
   * segment boundary only.
   */
  basePath?: readonly string[] | undefined;
  multithread?: boolean;
  /** True on every function platform: many sandboxes run the same application. */
  multiprocess?: boolean;
  runOnce?: boolean;
  /** Whether this application may be entered again before this call has finished. */
  concurrent?: boolean;
}
