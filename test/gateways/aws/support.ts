/** One request through the handler, from a source's event to the answer its front would deliver. */
import {
  type LambdaOptions,
  type LambdaReply,
  toLambdaHandler,
} from '../../../src/gateways/aws.ts';
import {
  lambdaEvent,
  type LambdaRequest,
  lambdaResponse,
  type LambdaSource,
} from '../../../src/aws-model.ts';
import type { TestResponse } from '../../../src/aws-model/message.ts';
import type { Application, Environ, HeaderList } from '../../../src/types.ts';

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** An application that answers always the same. */
export function answers(
  body: Uint8Array | string = '',
  headers: HeaderList = [],
  status = '200 OK',
): Application {
  return (_, startResponse) => {
    startResponse(status, headers);
    return [typeof body === 'string' ? encode(body) : body];
  };
}

export interface Handled {
  reply: LambdaReply;
  log: string[];
  /** What the application was called with, if it was. */
  environ: Environ | undefined;
  /** The request body, as the application reads it. */
  body: Uint8Array | undefined;
}

/** Any event through a handler. */
export async function handle(
  event: unknown,
  application: Application = answers(),
  options: LambdaOptions = {},
): Promise<Handled> {
  const handled: Partial<Handled> = {};
  const log: string[] = [];
  const handler = toLambdaHandler(
    async (environ, startResponse) => {
      handled.environ = environ;
      handled.body = await environ['wsgi.input'].read();
      return application(environ, startResponse);
    },
    { log: (message) => log.push(message), ...options },
  );
  const reply = await handler(event, { awsRequestId: 'request-1' });
  return { reply, log, environ: handled.environ, body: handled.body };
}

/** What an application sees of an event. */
export async function seen(event: unknown, options: LambdaOptions = {}): Promise<Environ> {
  const { environ } = await handle(event, answers(), options);
  if (!environ) throw new Error('the application was not called');
  return environ;
}

/** What an application sees of a request that comes through `source`. */
export function seenThrough(
  source: LambdaSource,
  request: LambdaRequest,
  options: LambdaOptions = {},
): Promise<Environ> {
  return seen(lambdaEvent(source, request), options);
}

/** A request through `source`, and the answer its front makes of the reply. */
export async function exchange(
  source: LambdaSource,
  request: LambdaRequest,
  application?: Application,
  options?: LambdaOptions,
): Promise<Handled & { response: TestResponse }> {
  const handled = await handle(lambdaEvent(source, request), application, options);
  return { ...handled, response: lambdaResponse(source, handled.reply, request) };
}
