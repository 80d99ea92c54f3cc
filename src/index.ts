/**
 * What applications and middleware need: the contract and its tools. Platforms are apart
 * (`gatecall/aws` and its siblings), and so is what gateways are made of (`gatecall/gateway`).
 *
 * ```ts
 * import type { Application } from 'gatecall';
 * ```
 */
export type {
  Application,
  ApplicationClass,
  AsyncResponseBody,
  BufferedInputStream,
  Closable,
  Environ,
  ErrorStream,
  FileLike,
  Header,
  HeaderList,
  InputStream,
  Middleware,
  NativeString,
  ResponseBody,
  StartResponse,
  SyncResponseBody,
  Write,
} from './types.ts';
export { closing } from './core/response/body.ts';
export { type AnswerOptions, fromClass, html, json, text } from './core/response/answers.ts';
export type { ErrorCallback } from './core/call.ts';
export { copyEnviron } from './core/request/environ.ts';
export type { LogSink } from './core/request/error-stream.ts';
export {
  ClientDisconnected,
  ContentTooLarge,
  ContractError,
  DeadlineExceeded,
} from './core/errors.ts';
export { fileWrapper } from './core/request/file-wrapper.ts';
export { addVary, findHeader, omitHeader, setHeader } from './http/headers.ts';
export type { AbortSignalLike } from './core/abort.ts';
export { bufferedInput, streamedInput, type StreamedInputOptions } from './core/request/input.ts';
export { lazy, type Loaded } from './core/lazy.ts';
export { decodeNative, encodeNative, latin1Bytes, percentDecode } from './base/native.ts';
export { toRequest } from './core/request/to-request.ts';
export { applicationUri, requestUri, shiftPathInfo } from './core/request/url.ts';
export {
  type BlockFilter,
  type HeadChange,
  mapHead,
  recover,
  type ResponseChange,
  type ResponseStart,
  wrapResponse,
} from './core/response/wrap.ts';
