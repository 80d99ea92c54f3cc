/** Handlers from dist in AWS's own runtime client, each in a process of its own. */
import { join } from 'node:path';
import type { LambdaOptions } from '../../../src/gateways/aws.ts';
import type { InvokeOptions } from '../../../src/local/runtime-api.ts';
import type { LambdaRequest } from '../../../src/aws-model.ts';
import type { Application } from '../../../src/types.ts';
import { root } from '../../nodes.ts';
import {
  type FunctionOptions,
  type LambdaFunction,
  type Runtime,
  startFunction,
} from '../../ric.ts';

const folder = join(root, 'test/fixtures/lambda');

/** What those handlers serve, in this process. */
export const { application } = (await import(join(folder, 'application.mjs'))) as {
  application: Application;
};

export async function start(
  runtime: Runtime,
  name: string,
  options: LambdaOptions | Record<string, unknown> = {},
  env: Record<string, string> = {},
  address: FunctionOptions['address'] = undefined,
): Promise<LambdaFunction> {
  return await startFunction({
    handlerFile: join(folder, `${name}.mjs`),
    runtime,
    env: { OPTIONS: JSON.stringify(options), ...env },
    ...(address && { address }),
  });
}

/** Long enough for a machine that has other things to do, too. */
export const PATIENT = { timeoutMs: 20_000 } satisfies InvokeOptions;

/** For a function that believes it has one second of them. */
export const HURRY = { HURRY_MS: String(PATIENT.timeoutMs - 1000) };

/**
 * Several invocations in one process, as Lambda Managed Instances run them: in one worker thread
 * here.
 */
export const CONCURRENT = {
  AWS_LAMBDA_MAX_CONCURRENCY: '4',
  AWS_LAMBDA_NODEJS_WORKER_COUNT: '1',
};

/** A request whose answer shows most of what a request and a response consist of. */
export const FACTS: LambdaRequest = {
  method: 'POST',
  target: '/facts?a=1&b=%32',
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Cookie', 'sid=abc; theme=d%20k'],
  ],
  body: 'Hällo',
};

export function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? new Uint8Array()).toString();
}
