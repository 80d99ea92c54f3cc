/**
 * Checks both sides of the contract. `validator(application)` is the application, with a check of
 * every call between it and its server, as `wsgiref.validate` does for Python. SPEC.md lists the
 * rules.
 *
 * ```ts
 * import { validator } from 'gatecall/validator';
 * export const handler = toLambdaHandler(validator(application));
 * ```
 */
import { describe } from './base/bytes.ts';
import { callThen } from './base/promises.ts';
import { ContractError } from './core/errors.ts';
import type { Application, ErrorStream, ResponseBody, StartResponse } from './types.ts';
import { checkStructure, checkVariables } from './validator/environ.ts';
import { wrapErrors } from './validator/errors-stream.ts';
import { openCall, runWithin } from './validator/checked-call.ts';
import type { CheckedCall } from './validator/checked-call.ts';
import { wrapInput } from './validator/input.ts';
import {
  ApplicationError,
  createWarn,
  messageFor,
  ServerError,
  violation,
} from './validator/report.ts';
import { wrapBody } from './validator/response-body.ts';
import type { Rule, RuleId } from './validator/rules.ts';
import { wrapStartResponse } from './validator/start-response.ts';

export { ApplicationError, ContractError, ServerError };
export type { Rule, RuleId };

export interface ValidatorOptions {
  /** Throw warnings too. Default `false`. */
  strict?: boolean;
  /**
   * Takes a warning and the id of its rule, at most once per rule and request. Default: a line to
   * `wsgi.errors`.
   */
  onWarning?: (message: string, rule: RuleId) => void;
  /**
   * Called when a body was garbage-collected that the server never closed, some time after its
   * request, when no caller is left to throw to. Default: as `onWarning`.
   */
  onUnclosed?: (message: string) => void;
}

const OPTIONS: readonly string[] = ['strict', 'onWarning', 'onUnclosed'];

/**
 * An application that behaves like the given one, and throws when it, or the server that calls it,
 * breaks the contract.
 *
 * ```ts
 * const checked = validator(application, { strict: true });
 * const response = await callApplication(checked, environ);
 * ```
 *
 * Bodies stay synchronous or asynchronous and lazy, and keep their blocks. Two things are lost, as
 * with every middleware that wraps a body. The server no longer sees the length of an array, so it
 * adds no `Content-Length` for a body of one item. It no longer sees a `wsgi.file_wrapper`, so the
 * file takes the ordinary way. With a validator on each side of a middleware, the two also check
 * that the middleware keeps block boundaries and closes the body that it wraps.
 *
 * @throws {ApplicationError} (also from the calls) when the application breaks a rule; `error.rule`
 *   is its name in SPEC.md
 * @throws {ServerError} (from the calls) when the server breaks a rule
 */
export function validator(application: Application, options: ValidatorOptions = {}): Application {
  if (typeof application !== 'function') {
    throw violation('application-function', describe(application));
  }
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue;
    throw new TypeError(`validator() has no option "${name}"; it has ${OPTIONS.join(', ')}`);
  }
  const watch = watchBodies();

  // Rest parameters, because the number of arguments is itself under test.
  return function validated(...args: unknown[]): ResponseBody | PromiseLike<ResponseBody> {
    const [environ, startResponse] = args;
    if (args.length !== 2) throw violation('call-arguments', `${args.length} arguments`);
    checkStructure(environ);
    if (typeof startResponse !== 'function') {
      throw violation('call-start-response', describe(startResponse));
    }
    const report = options.onWarning ?? writeWarning(environ['wsgi.errors']);
    const warn = createWarn(report, options.strict ?? false);
    checkVariables(environ, warn);

    const call = openCall(environ, warn);
    environ['wsgi.input'] = wrapInput(environ, warn);
    environ['wsgi.errors'] = wrapErrors(environ['wsgi.errors']);
    const start = wrapStartResponse(startResponse as StartResponse, call);

    const unclosed = `the body for ${call.method} ${JSON.stringify(environ.PATH_INFO)} collected as garbage`;
    const finish = (body: unknown): ResponseBody => {
      call.returned = true;
      const wrapped = wrapBody(body, call);
      call.delivered = true;
      watch(wrapped, call, () => {
        const message = messageFor('close-missing', unclosed);
        if (options.onUnclosed) options.onUnclosed(message);
        else report(message, 'close-missing');
      });
      return wrapped;
    };
    const fail = (error: unknown): never => {
      call.returned = true;
      call.ended = true;
      throw error;
    };

    // Not an async function: a synchronous application stays synchronous.
    return callThen(() => runWithin(call, () => application(environ, start)), finish, fail);
  };
}

function writeWarning(errors: ErrorStream): (message: string) => void {
  return (message) => errors.write(`validator: ${message}\n`);
}

/**
 * Calls back for each body that is collected before it was closed; never on a host without
 * `FinalizationRegistry`.
 */
function watchBodies(): (body: object, call: CheckedCall, unclosed: () => void) => void {
  if (typeof FinalizationRegistry !== 'function') return () => {};
  const registry = new FinalizationRegistry<() => void>((collected) => collected());
  return (body, call, unclosed) => {
    registry.register(body, () => {
      if (!call.closed) unclosed();
    });
  };
}
