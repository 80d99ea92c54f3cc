/** Conditional requests (RFC 9110 section 13): whether what the client has is still good. */
import { parseHttpDate } from './date.ts';
import type { Environ, NativeString } from '../types.ts';

/** What tells one state of a resource from another. */
export interface Validators {
  /** `'"abc"'` or `'W/"abc"'` */
  etag?: NativeString | undefined;
  /** An HTTP date. */
  lastModified?: NativeString | undefined;
}

/** The conditions, taken from an environ before an application can change it. */
export interface Conditions {
  match: NativeString | undefined;
  noneMatch: NativeString | undefined;
  modifiedSince: NativeString | undefined;
  unmodifiedSince: NativeString | undefined;
  range: NativeString | undefined;
}

export function conditionsOf(environ: Environ): Conditions {
  return {
    match: environ.HTTP_IF_MATCH,
    noneMatch: environ.HTTP_IF_NONE_MATCH,
    modifiedSince: environ.HTTP_IF_MODIFIED_SINCE,
    unmodifiedSince: environ.HTTP_IF_UNMODIFIED_SINCE,
    range: environ.HTTP_IF_RANGE,
  };
}

/**
 * Whether a GET or HEAD is answered with a 304. `If-None-Match` beats `If-Modified-Since` (section
 * 13.2.2).
 */
export function isNotModified(conditions: Conditions, validators: Validators): boolean {
  const { noneMatch, modifiedSince } = conditions;
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === '*') return true;
    const { etag } = validators;
    return etag !== undefined && entityTags(noneMatch).some((tag) => opaque(tag) === opaque(etag));
  }
  return modifiedSince !== undefined && notLater(validators.lastModified, modifiedSince);
}

/** Whether the request is refused with a 412. */
export function isPreconditionFailed(conditions: Conditions, validators: Validators): boolean {
  const { match, unmodifiedSince } = conditions;
  if (match !== undefined) {
    return match.trim() !== '*' && !entityTags(match).some((tag) => same(tag, validators.etag));
  }
  if (unmodifiedSince === undefined || validators.lastModified === undefined) return false;
  return (
    parseHttpDate(unmodifiedSince) !== undefined &&
    !notLater(validators.lastModified, unmodifiedSince)
  );
}

/**
 * Whether a range may be served: there is no `If-Range`, or it names this very state (section
 * 13.1.5).
 */
export function isRangeCurrent({ range }: Conditions, validators: Validators): boolean {
  if (range === undefined) return true;
  // A date has to be the same one: "not later" would mix two states of a file.
  return /^(?:W\/)?"/.test(range)
    ? same(range, validators.etag)
    : range === validators.lastModified;
}

/** The tags of a list; commas inside one do not part it. */
function entityTags(list: NativeString): string[] {
  return list.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
}

/** The weak comparison: the tags without their `W/`. */
function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}

/** The strong comparison: a weak tag is never the same. */
function same(tag: string, etag: string | undefined): boolean {
  return tag === etag && !tag.startsWith('W/');
}

function notLater(lastModified: string | undefined, since: string): boolean {
  const modified = lastModified === undefined ? undefined : parseHttpDate(lastModified);
  const limit = parseHttpDate(since);
  return modified !== undefined && limit !== undefined && modified <= limit;
}
