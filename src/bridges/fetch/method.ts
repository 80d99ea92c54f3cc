/** Request methods as the Fetch standard has them (section "Methods"). */

const SAME_EITHER_WAY: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
]);

/**
 * Whether the standard and an environ write this method as it is here, so that nothing has to be
 * looked up.
 */
export function isUsualMethod(method: string): boolean {
  return SAME_EITHER_WAY.has(method);
}

/** The standard writes these six in capitals, whatever the client did. */
export function normalizeMethod(method: string): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
}

/** The methods that no `Request` may have: its constructor throws. */
export function isForbiddenMethod(method: string): boolean {
  return /^(?:CONNECT|TRACE|TRACK)$/i.test(method);
}
