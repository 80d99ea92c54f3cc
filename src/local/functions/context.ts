/** What a function sees of Lambda besides its event: its environment variables and its context. */
import { randomBytes, randomUUID } from 'node:crypto';
import { newTraceId } from '../trace-id.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The account of AWS's own examples. */
const ACCOUNT = '111122223333';

/** Lambda's variables for a function. Variables that are set already win. */
export function lambdaVariables(
  handler: { name: string; handler: string; folder: string },
  given: Variables,
): Variables {
  const name = given['AWS_LAMBDA_FUNCTION_NAME'] ?? handler.name;
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  const region = given['AWS_REGION'] ?? given['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128', // Lambda's default
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[$LATEST]${randomBytes(16).toString('hex')}`,
    ...given,
    _HANDLER: handler.handler,
    LAMBDA_TASK_ROOT: handler.folder,
  };
}

/** The values in the headers of an event of the Runtime API. */
export interface Invocation {
  requestId: string;
  /** In ms since 1970. */
  deadline: number;
  traceId: string;
}

export function newInvocation(timeoutMs: number): Invocation {
  return { requestId: randomUUID(), deadline: Date.now() + timeoutMs, traceId: newTraceId() };
}

/** The second argument of a handler, with the members it has on Node 24. */
export interface LambdaContext {
  functionName: string | undefined;
  functionVersion: string | undefined;
  invokedFunctionArn: string;
  /** In MB; a string, as on Lambda. */
  memoryLimitInMB: string | undefined;
  awsRequestId: string;
  logGroupName: string | undefined;
  logStreamName: string | undefined;
  xRayTraceId: string;
  clientContext: undefined;
  identity: undefined;
  tenantId: undefined;
  /** In ms; negative once the time is over. */
  getRemainingTimeInMillis: () => number;
}

export function lambdaContext(
  { requestId, deadline, traceId }: Invocation,
  variables: Variables,
): LambdaContext {
  const name = variables['AWS_LAMBDA_FUNCTION_NAME'];
  return {
    functionName: name,
    functionVersion: variables['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: `arn:aws:lambda:${variables['AWS_REGION']}:${ACCOUNT}:function:${name}`,
    memoryLimitInMB: variables['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: requestId,
    logGroupName: variables['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: variables['AWS_LAMBDA_LOG_STREAM_NAME'],
    xRayTraceId: traceId,
    clientContext: undefined,
    identity: undefined,
    tenantId: undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}
