import { BodyReader } from '../core/response/body-reader.ts';
import { closing, closeUnread, isBody, listOf, mapBody } from '../core/response/body.ts';
import { text } from '../core/response/answers.ts';
import { isThenable } from '../base/promises.ts';
import { DeadlineExceeded, isA } from '../core/errors.ts';
import { escapeLogText } from '../http/log-format.ts';
import { abortable } from '../core/abort.ts';
import { checkApplication, checkOptions, isCount, isOneOf } from '../core/options.ts';
import type { Application, ResponseBody } from '../types.ts';
import { recover } from '../core/response/wrap.ts';

export interface TimeoutOptions {
  /** Milliseconds that an application may take. */
  ms: number;
  /**
   * The event that stops the clock: the first block or the first `write`, after which an answer may
   * go on for ever, or the end of the body. Default: `'first-block'`.
   */
  until?: 'first-block' | 'end';
}

/**
 * Answers 503 when an application takes too long, and stops waiting for it. `gatecall.signal`
 * aborts with a `DeadlineExceeded`, so that the application can stop its work; a body that it
 * returns later is closed. A response of which a part was sent breaks off.
 *
 * ```ts
 * const bounded = timeout(application, { ms: 10_000 });
 * ```
 *
 * JavaScript cannot interrupt code that computes without a pause.
 *
 * @throws {TypeError} for an unknown or missing option, or when `application` is no function
 */
export function timeout(application: Application, options: TimeoutOptions): Application {
  checkApplication(application);
  checkOptions('timeout', options, {
    ms: (value) => isCount(value) && value > 0 && value <= LONGEST,
    until: isOneOf('first-block', 'end'),
  });
  const { ms, until = 'first-block' } = options;
  if (ms === undefined) throw new TypeError('timeout needs the option ms');

  const bounded: Application = (environ, startResponse) => {
    const clock = startClock(ms);
    const before = environ['gatecall.signal'];
    environ['gatecall.signal'] =
      before instanceof AbortSignal ? AbortSignal.any([before, clock.signal]) : clock.signal;
    const pass = (body: ResponseBody): ResponseBody => {
      if (!isBody(body) || listOf(body)) {
        clock.stop();
        return body;
      }
      return closing(
        mapBody(body, (inner) => limitBlocks(inner, clock, until)),
        clock.stop,
      );
    };
    let returned: ResponseBody | PromiseLike<ResponseBody>;
    try {
      returned = application(environ, (status, headers, error) => {
        // The 503 is on its way.
        if (clock.signal.aborted) throw clock.signal.reason;
        const write = startResponse(status, headers, error);
        return (data) => {
          if (clock.signal.aborted) throw clock.signal.reason;
          // The first write sends the head, even an empty one (decision 013).
          if (until === 'first-block') clock.stop();
          return write(data);
        };
      });
    } catch (error) {
      clock.stop();
      throw error;
    }
    if (!isThenable(returned)) return pass(returned);
    const discard = (): void => {
      returned.then((late) => (isBody(late) ? closeUnread(late) : undefined)).then(...IGNORED);
    };
    return abortable(returned, clock.signal, discard).then(pass, (error: unknown) => {
      clock.stop();
      throw error;
    });
  };

  return recover(bounded, (error, environ) => {
    if (!isA(error, TimedOut)) return undefined;
    const { REQUEST_METHOD: method, REQUEST_URI: target = environ.PATH_INFO } = environ;
    environ['wsgi.errors'].write(`${escapeLogText(`${method} ${target}`)}: ${error.message}\n`);
    return unavailable;
  });
}

/** A timer of more than 31 bits fires at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * The time of this middleware. The platform's deadline is another error, which the server answers.
 */
class TimedOut extends DeadlineExceeded {}

const unavailable = text('Service Unavailable\n', { status: '503 Service Unavailable' });
const IGNORED = [() => undefined, () => undefined] as const;

interface Clock {
  signal: AbortSignal;
  stop(): void;
}

function startClock(ms: number): Clock {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new TimedOut(`the application took longer than ${ms} ms`));
  }, ms);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

/**
 * The blocks, as long as there is time. An iterator that is late gets its `return()` call, without
 * waiting for it.
 */
async function* limitBlocks(
  body: ResponseBody,
  { signal, stop }: Clock,
  until: 'first-block' | 'end',
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new BodyReader(body, signal);
  try {
    for (;;) {
      const next = reader.next();
      const step = (next instanceof Promise ? await next : next) as IteratorResult<Uint8Array>;
      if (step.done === true) return;
      if (until === 'first-block' && step.value.length > 0) stop();
      yield step.value;
    }
  } finally {
    const stopped = reader.stop();
    if (isThenable(stopped)) {
      if (signal.aborted) stopped.then(...IGNORED);
      else await stopped;
    }
  }
}
