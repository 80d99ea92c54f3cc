import { isBytes } from '../base/bytes.ts';

/**
 * Whether two secrets are equal, in a time that does not depend on where they differ. `===` stops
 * at the first difference, so that a client can find a password character by character from the
 * time that an answer takes. Runs on any host, unlike `crypto.timingSafeEqual`, and takes secrets
 * of unequal length.
 *
 * ```ts
 * const closed = basicAuth(application, {
 *   verify: (user, password) => user === 'admin' && safeEqual(password, secret),
 * });
 * ```
 *
 * @param received what the client sent: the time depends on its length, which the client knows
 * @param expected the secret: neither its length nor its content shows in the time
 * @throws {TypeError} unless both are strings or both are `Uint8Array`s: a missing secret is no
 *   secret
 */
export function safeEqual(received: string, expected: string): boolean;
export function safeEqual(received: Uint8Array, expected: Uint8Array): boolean;
export function safeEqual(received: string | Uint8Array, expected: string | Uint8Array): boolean {
  if (typeof received === 'string' && typeof expected === 'string') {
    return compare(received.length, expected.length, (index, other) => {
      return received.charCodeAt(index) ^ expected.charCodeAt(other);
    });
  }
  if (isBytes(received) && isBytes(expected)) {
    return compare(received.length, expected.length, (index, other) => {
      return (received[index] ?? 0) ^ (expected[other] ?? 0);
    });
  }
  throw new TypeError(
    `safeEqual compares two strings or two Uint8Arrays; got ${kindOf(received)} and ${kindOf(expected)}`,
  );
}

/** As many steps as the received secret is long, whatever differs. */
function compare(
  length: number,
  expectedLength: number,
  differ: (index: number, other: number) => number,
): boolean {
  let difference = length ^ expectedLength;
  for (let index = 0, other = 0; index < length; index++) {
    // Past the end of the expected secret the comparison starts over: the lengths differ already.
    difference |= differ(index, other);
    other = other + 1 < expectedLength ? other + 1 : 0;
  }
  return difference === 0;
}

/** Never the value itself: the message goes to a log, and one of the two is a secret. */
function kindOf(value: unknown): string {
  return isBytes(value) ? 'a Uint8Array' : value === null ? 'null' : typeof value;
}
