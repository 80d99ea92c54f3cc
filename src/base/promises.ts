/** Promises: telling one from a value, and waiting for it within limits. */

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

/**
 * Calls `call`, then `pass` with its result or `fail` with its error: at once where no promise is
 * involved, because a promise costs a turn of the event loop.
 */
export function callThen<T, R>(
  call: () => T | PromiseLike<T>,
  pass: (value: T) => R | PromiseLike<R>,
  fail: (error: unknown) => R | PromiseLike<R>,
): R | PromiseLike<R> {
  let returned: T | PromiseLike<T>;
  try {
    returned = call();
  } catch (error) {
    return fail(error);
  }
  return isThenable(returned) ? returned.then(pass, fail) : pass(returned);
}

/** Waits for `work`, for `ms` at most. */
export async function withTimeout(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
