/**
 * The contract and its tools. Platforms are apart: `gatecall/aws` and its siblings.
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
export { type AnswerOptions, closing, fromClass, html, json, text } from './body.ts';
export { callApplication, type CallOptions } from './call.ts';
export { BufferedResponse, type Transport } from './transport.ts';
export {
  copyEnviron,
  createEnviron,
  type HeaderMap,
  type RequestFacts,
  type ServerFacts,
} from './environ.ts';
export { errorStream, type ErrorSink } from './error-stream.ts';
export { ClientDisconnected, ContentTooLarge, ContractError, DeadlineExceeded } from './errors.ts';
export { fileWrapper } from './file-wrapper.ts';
export { addVary, findHeader, omitHeader, setHeader } from './headers.ts';
export type { Interruption } from './interruption.ts';
export { bufferedInput, streamedInput, type StreamedInputOptions } from './input.ts';
export { lazy, type Loaded } from './lazy.ts';
export { decodeNative, encodeNative, latin1Bytes, percentDecode } from './native.ts';
export { toRequest } from './request.ts';
export { applicationUri, requestUri, shiftPathInfo } from './url.ts';
export {
  type BlockFilter,
  type HeadChange,
  mapHead,
  recover,
  type ResponseChange,
  type ResponseStart,
  wrapResponse,
} from './wrap.ts';
