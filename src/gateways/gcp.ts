/**
 * Google Cloud Functions, and what else the functions framework runs (Cloud Run functions,
 * Firebase).
 *
 * ```ts
 * import { http } from '@google-cloud/functions-framework';
 * import { toCloudFunction } from 'gatecall/gcp';
 *
 * http('api', toCloudFunction(application));
 * ```
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { callApplication } from '../core/call.ts';
import { createEnviron } from '../core/request/environ.ts';
import { type LogSink, errorStream } from '../core/request/error-stream.ts';
import { checkApplication, logToConsole } from '../core/options.ts';
import { statusCode } from '../http/status.ts';
import type { Application } from '../types.ts';
import { type CloudEvent, eventRequest } from './gcp/event.ts';
import { type NodeOptions, toNodeListener } from './node.ts';

export type { CloudEvent } from './gcp/event.ts';

/**
 * As for `toNodeListener`, except that `trustProxy` is 1: Google's front end. Behind an external
 * load balancer it is 2.
 */
export type CloudFunctionOptions = NodeOptions;

/**
 * An application as an HTTP function. Bodies that the framework has read already are taken from
 * `rawBody`, decompressed as it has left them and without their `Content-Encoding`; those it leaves
 * alone are streamed. Responses stream. `REMOTE_ADDR` and the scheme come from what Google's front
 * end appends to the request; `gatecall.source` is `'gcp'`, `gatecall.request_id` the execution's
 * id.
 *
 * ```ts
 * http('api', toCloudFunction(application));
 * ```
 *
 * @throws {TypeError} at once for an option that does not exist or has no fitting value
 */
export function toCloudFunction(
  application: Application,
  options: CloudFunctionOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  checkApplication(application);
  const onGoogle: Application = (environ, startResponse) => {
    environ['gatecall.source'] = 'gcp';
    // Google's front end sets it, whatever the client sent.
    const id = environ['HTTP_FUNCTION_EXECUTION_ID'];
    if (id !== undefined) environ['gatecall.request_id'] = id;
    return application(environ, startResponse);
  };
  return toNodeListener(onGoogle, { trustProxy: 1, multiprocess: true, ...options });
}

export interface CloudEventOptions {
  /** Where `wsgi.errors` and the gateway's own log go. Default: `console.error`. */
  log?: LogSink;
}

/**
 * An application as a CloudEvent function. Each event becomes the request that carries it in the
 * binary mode of the CloudEvents HTTP binding: `POST /`, attributes as `HTTP_CE_ID`, `HTTP_CE_TYPE`
 * …, the data as body. An answer below 500 settles the event. Any other, or an error, rejects, so
 * that the platform delivers it again where retries are on. The event itself is in
 * `gatecall.event`.
 *
 * ```ts
 * cloudEvent('worker', toCloudEventFunction(application));
 * ```
 *
 * @throws {TypeError} at once for what is no application
 * @throws the application's error, or an `Error` with the status (as a rejection)
 */
export function toCloudEventFunction(
  application: Application,
  options: CloudEventOptions = {},
): (event: CloudEvent) => Promise<void> {
  checkApplication(application);
  const { log = logToConsole } = options;
  // One parameter: with two the framework waits for a callback.
  return async (event) => {
    const errors = errorStream(log);
    const environ = createEnviron(eventRequest(event), {
      errors,
      concurrent: true,
      multiprocess: true,
    });
    environ['gatecall.source'] = 'gcp-event';
    environ['gatecall.event'] = event;
    const { status } = await callApplication(application, environ, { throwErrors: true });
    const code = statusCode(status);
    if (code >= 500) throw new Error(`the application answered ${status} to event ${event.id}`);
    if (code >= 400) {
      errors.write(`event ${event.id}: the answer ${status} does not have it delivered again\n`);
    }
  };
}
