/**
 * Options: an unknown one, or one that cannot be, is an error where it was written and not a
 * surprise later.
 */
import { describe } from '../base/bytes.ts';
import type { Application } from '../types.ts';

/** What each option may be. `undefined` always counts as left out. */
export type OptionChecks<options> = Readonly<Record<keyof options, (value: unknown) => boolean>>;

/** @throws {TypeError} naming the option that does not exist or has no fitting value */
export function checkOptions<options extends object>(
  maker: string,
  options: options,
  checks: OptionChecks<options>,
): void {
  for (const [name, value] of Object.entries(options)) {
    const accepts = Object.hasOwn(checks, name) ? checks[name as keyof options] : undefined;
    if (!accepts) {
      throw new TypeError(
        `${maker} has no option ${name}; it has ${Object.keys(checks).join(', ')}`,
      );
    }
    if (value !== undefined && !accepts(value)) {
      throw new TypeError(`${maker} cannot use ${describe(value)} as option ${name}`);
    }
  }
}

/** @throws {TypeError} for what cannot be called */
export function checkApplication(application: unknown): asserts application is Application {
  if (typeof application === 'function') return;
  throw new TypeError(
    `an application is a function (environ, startResponse) => body; got ${describe(application)}`,
  );
}

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
export const isFunction = (value: unknown): boolean => typeof value === 'function';
/** A whole number, 0 included. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
export const isListOf =
  (accepts: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(accepts);
export const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

// ── What every gateway can be told ──────────────────────────────────────────────────────────────

/** `basePath`: one prefix or several. */
export const isBasePath = (value: unknown): boolean =>
  [value].flat().every((path) => typeof path === 'string' && path.startsWith('/'));

/** `log`: a function of one message, a stream, or a logger. */
export const isLogSink = (value: unknown): boolean =>
  typeof value === 'function' ||
  ['write', 'error'].some(
    (method) => typeof (value as Record<string, unknown> | null)?.[method] === 'function',
  );

/** The mount points that `basePath` names, without a slash at their end. */
export function mountsOf(
  basePath: string | readonly string[] | undefined,
): readonly string[] | undefined {
  return basePath === undefined
    ? undefined
    : [basePath].flat().map((path) => path.replace(/\/+$/, ''));
}

/**
 * Looked up at each call, so that a console patched later (as Lambda's runtime and test tools do)
 * is the one used.
 */
export function logToConsole(message: string): void {
  console.error(message);
}
