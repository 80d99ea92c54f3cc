/**
 * Somebody broke the contract between server and application. The message says who did what, and what to do instead.
 * PEP 3333 leaves the class open; a subclass of `TypeError` lets callers tell it from an application's own errors.
 */
export class ContractError extends TypeError {
  override name = 'ContractError';
}

/** The client went away. Thrown by reads and writes that can no longer succeed; never logged as an application error. */
export class ClientDisconnected extends Error {
  override name = 'ClientDisconnected';
  constructor(message = 'the client disconnected', options?: ErrorOptions) {
    super(message, options);
  }
}

/** The platform is about to take the time away. As an abort reason it asks for a 504 instead of silence. */
export class DeadlineExceeded extends Error {
  override name = 'DeadlineExceeded';
}

/** The request body is larger than somebody allows. Thrown by reads; whoever set the limit answers with a 413. */
export class ContentTooLarge extends Error {
  override name = 'ContentTooLarge';
}

/** `instanceof` for what may have been thrown: anything, a revoked proxy included, at which `instanceof` itself throws. */
export function isA<T>(value: unknown, type: abstract new (...parameters: never) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
