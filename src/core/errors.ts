/**
 * The errors with a meaning between application and server. A process may hold a class several
 * times (an ES module beside a CommonJS one, each export of the package with a copy of its own), so
 * `instanceof` goes by what an error says it is.
 */
const KIND = /* @__PURE__ */ Symbol.for('gatecall.error');

/** The error's name; leaves behind what it is, out of sight. */
function branded(error: Error, kind: string): string {
  Object.defineProperty(error, KIND, { value: kind });
  return kind;
}

/**
 * `instanceof` for `type`, which is of this kind; for a class derived from it,
 * `instanceof` as ever.
 */
function isKind(value: unknown, asked: unknown, type: unknown, kind: string): boolean {
  return asked === type
    ? (value as { [KIND]?: unknown } | null | undefined)?.[KIND] === kind
    : Function.prototype[Symbol.hasInstance].call(asked as () => void, value);
}

/**
 * The contract between server and application is broken. The message says which side did what, and
 * what to do instead. PEP 3333 leaves the class open; a subclass of `TypeError` lets callers tell
 * it from an application's own errors.
 */
export class ContractError extends TypeError {
  override name: string = branded(this, 'ContractError');
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isKind(value, this, ContractError, 'ContractError');
  }
}

/**
 * The client went away. Thrown by reads and writes that can no longer succeed; never logged as an
 * application error.
 */
export class ClientDisconnected extends Error {
  override name: string = branded(this, 'ClientDisconnected');
  constructor(message = 'the client disconnected', options?: ErrorOptions) {
    super(message, options);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isKind(value, this, ClientDisconnected, 'ClientDisconnected');
  }
}

/**
 * The platform is about to take the time away. As an abort reason it asks for a 504 instead of
 * silence.
 */
export class DeadlineExceeded extends Error {
  override name: string = branded(this, 'DeadlineExceeded');
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isKind(value, this, DeadlineExceeded, 'DeadlineExceeded');
  }
}

/**
 * The request body is larger than a limit allows. Thrown by reads; the code that set the limit
 * answers with a 413.
 */
export class ContentTooLarge extends Error {
  override name: string = branded(this, 'ContentTooLarge');
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isKind(value, this, ContentTooLarge, 'ContentTooLarge');
  }
}

/**
 * `instanceof` for what may have been thrown: anything, a revoked proxy included, at which
 * `instanceof` itself throws.
 */
export function isA<T>(value: unknown, type: abstract new (...parameters: never) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
