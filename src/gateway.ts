/**
 * For authors of gateways: what carries a platform's requests to an application, and its response
 * back. A gateway is three steps, *build, call, reply*:
 *
 * ```ts
 * import { callApplication, createGatewayRequest, errorStream } from 'gatecall/gateway';
 *
 * export const handler = async (event) => {
 *   const request = createGatewayRequest(
 *     { method: event.verb, rawPath: event.path, headers: event.headers, body: event.body },
 *     { errors: errorStream(console.error) },
 *   );
 *   const { status, headers, body } = await callApplication(application, request);
 *   return { status, headers, body };
 * };
 * ```
 */
export { type AbortSignalLike, abortReason, LightAbortController } from './core/abort.ts';
export {
  callApplication,
  type CallOptions,
  type CallTransport,
  type ErrorCallback,
} from './core/call.ts';
export {
  acceptsGatewayRequest,
  createGatewayRequest,
  type GatewayRequest,
  type GatewayRequestOptions,
  type RequestHandler,
} from './core/gateway-request.ts';
export { createEnviron, requestTarget } from './core/request/environ.ts';
export type { RequestParts, ServerInfo } from './core/request/request-parts.ts';
export type { HeaderMap } from './core/request/environ-keys.ts';
export { errorStream, type LogSink } from './core/request/error-stream.ts';
export { bufferedInput, streamedInput, type StreamedInputOptions } from './core/request/input.ts';
export { BufferedResponse, sendErrorPage, type Transport } from './core/transport.ts';
