/** The limits of Lambda and the fronts. */
import type { FunctionDefinition } from '../project.ts';
import { type CheckContext, placeOf, type Way, waysOf } from './context.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_TIMEOUT_S = 900;
const MEMORY_MB = { min: 128, max: 10_240 };
const MAX_ENVIRONMENT = 4096;
/**
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: refused in a function's
 * configuration.
 */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);

export function checkLimits(context: CheckContext): void {
  for (const definition of context.project.functions) checkFunction(context, definition);
  const said = new Set<string>();
  for (const way of waysOf(context.project)) {
    checkFrontTimeout(context, way);
    const { front, functionId, timeoutMs } = way;
    const key = `${front.kind} ${front.id} ${functionId} ${timeoutMs}`;
    if (!said.has(key)) checkFunctionTimeout(context, way);
    said.add(key);
  }
}

function checkFunction({ notes }: CheckContext, definition: FunctionDefinition): void {
  const { id: resource, timeoutMs, memoryMb, environment } = definition;
  const seconds = timeoutMs / 1000;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TIMEOUT_S) {
    const message = `Timeout of ${resource} must be whole seconds from 1 to ${MAX_TIMEOUT_S}; it is ${seconds}`;
    notes.error('timeout', message, { place: placeOf(definition, 'Timeout'), resource });
  }
  const { min, max } = MEMORY_MB;
  if (!Number.isInteger(memoryMb) || memoryMb < min || memoryMb > max) {
    const message = `MemorySize of ${resource} must be whole MB from ${min} to ${max}; it is ${memoryMb}`;
    notes.error('memory', message, { place: placeOf(definition, 'MemorySize'), resource });
  }
  const about = { place: placeOf(definition, 'Environment'), resource };
  for (const name of Object.keys(environment)) {
    if (RESERVED.has(name)) {
      const message = `${name} of ${resource} is set by Lambda itself, which refuses it here`;
      notes.error('environment', message, about);
    } else if (!/^[A-Za-z]\w*$/.test(name)) {
      const message = `${name} of ${resource} is no name Lambda takes: a letter, then letters, digits and _`;
      notes.error('environment', message, about);
    }
  }
  const size = Buffer.byteLength(JSON.stringify(environment));
  if (size > MAX_ENVIRONMENT) {
    const message = `the variables of ${resource} have ${size} bytes as JSON; Lambda takes ${MAX_ENVIRONMENT}`;
    notes.error('environment', message, about);
  }
}

function checkFrontTimeout(context: CheckContext, way: Way): void {
  const { front, timeoutMs, name, place } = way;
  const { notes } = context;
  const resource = front.id;
  if (timeoutMs === undefined) return;
  if (front.kind === 'http-api' && (timeoutMs < 50 || timeoutMs > 30_000)) {
    const message = `${name} wants to wait ${timeoutMs} ms; an HTTP API takes 50 to 30000`;
    notes.error('front-timeout', message, { place, resource, fix: 'TimeoutInMillis: 30000' });
  }
  if (front.kind === 'rest-api') checkRestTimeout(context, way, timeoutMs);
}

function checkRestTimeout({ notes }: CheckContext, way: Way, timeoutMs: number): void {
  const { front, name, place, stream } = way;
  const about = { place, resource: front.id };
  const most = stream ? 900_000 : 300_000;
  if (timeoutMs < 50 || timeoutMs > most) {
    const message = `${name} wants to wait ${timeoutMs} ms; it can be 50 to ${most}`;
    notes.error('front-timeout', message, about);
  } else if (timeoutMs > 29_000 && !stream) {
    const message = `${name} wants to wait ${timeoutMs} ms; more than 29000 has to be asked for, as a quota of the account`;
    notes.warning('front-timeout', message, about);
  }
}

/** The front answers the client with a timeout while the function runs on and is billed. */
function checkFunctionTimeout(context: CheckContext, way: Way): void {
  const { front, functionId, name, timeoutMs } = way;
  const definition = context.functionOf(functionId);
  if (!definition || timeoutMs === undefined || definition.timeoutMs <= timeoutMs) return;
  const about = { place: placeOf(definition, 'Timeout'), resource: functionId };
  const own = definition.timeoutMs / 1000;
  if (front.kind === 'alb') {
    const message = `Timeout of ${functionId} is ${own} s, and ${name} drops idle connections after ${timeoutMs / 1000} s`;
    const fix = 'raise idle_timeout.timeout_seconds of the load balancer above it';
    context.notes.info('front-timeout', message, { ...about, fix });
    return;
  }
  const status = front.kind === 'rest-api' ? 504 : 503;
  const message = `Timeout of ${functionId} is ${own} s, but ${name} answers ${status} after ${timeoutMs / 1000} s while it runs on`;
  const fix = `Timeout: ${Math.floor(timeoutMs / 1000) - 1}`;
  context.notes.warning('front-timeout', message, { ...about, fix });
}
