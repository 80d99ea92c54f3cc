/** Repeats invocations without a client. */
import { encodeNative } from '../../base/native.ts';
import type { LambdaSource } from '../../aws-model.ts';
import { type FrontHandler, type FrontRequest, lambdaRequest } from './front.ts';
import { functionUrlTooLarge } from './function-url.ts';
import { invokeTarget } from './invocation.ts';
import { newRequest } from './server.ts';
import type { Services } from './services.ts';

/** A front that listens. */
export interface OpenFront {
  readonly handler: FrontHandler;
  readonly port: number;
}

/** A request or an event to be sent again, as the inspector asks. */
export interface Resend {
  /** The id of the trace that is repeated. */
  readonly id: string;
  readonly request: Pick<FrontRequest, 'method' | 'target' | 'headers' | 'body'>;
  /**
   * The event that goes straight to the function, and the source by whose rules its reply is read.
   */
  readonly event?: unknown;
  readonly source?: LambdaSource;
}

export async function sendAgain(
  services: Services,
  openFronts: ReadonlyMap<string, OpenFront>,
  { id, request, event, source }: Resend,
): Promise<string> {
  const old = services.traces?.get(id);
  const front = old && openFronts.get(old.frontId);
  if (!old || !front) throw new RangeError(`there is no invocation ${id} any more`);
  // In a trace header values are text.
  const headers = request.headers.map(([name, value]) => [name, encodeNative(value)] as const);
  const again = { ...newRequest('127.0.0.1', front.port), ...request, headers, replayOf: id };
  const { problem } =
    event === undefined || source === undefined
      ? await front.handler(again)
      : await invokeTarget(services, again, {
          frontId: old.frontId,
          functionId: old.functionId,
          source,
          request: lambdaRequest(again),
          event,
          tooLarge: functionUrlTooLarge,
        });
  if (services.traces?.get(again.id)) return again.id;
  throw new RangeError(`the front refused the request: ${problem ?? 'it answers it by itself'}`);
}
