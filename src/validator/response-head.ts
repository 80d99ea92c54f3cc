/** Status and headers as given to startResponse: PEP 3333, "The start_response() Callable". */
import { describe } from '../base/bytes.ts';
import { isHopByHop, isToken, lowerCase } from '../http/headers.ts';
import { isSingleField } from '../http/single-fields.ts';
import { isBodiless, isStatus, statusCode } from '../http/status.ts';
import { codePoint, violation } from './report.ts';
import type { Warn } from './report.ts';

/** The part of status and headers that the body is compared with. */
export interface CheckedHead {
  code: number;
  contentType: boolean;
  /** Infinite where nothing was declared. */
  contentLength: number;
}

const CONTROL = /[\x00-\x1f\x7f]/;
const NOT_LATIN1 = /[^\x00-\xff]/;
/** The names that the validators of Python and Perl accept. */
const PLAIN_NAME = /^[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/;

/** @throws {ApplicationError} for status or headers that no server may send */
export function checkHead(status: unknown, headers: unknown, warn: Warn): CheckedHead {
  const code = checkStatus(status);
  const head: CheckedHead = { code, contentType: false, contentLength: Infinity };
  const singles = new Set<string>();
  for (const [name, value] of checkPairs(headers)) {
    checkName(name, warn);
    checkRepeat(singles, name);
    checkValue(name, value);
    noteHeader(head, name, value, warn);
  }
  return head;
}

function checkStatus(status: unknown): number {
  if (typeof status !== 'string') throw violation('status-string', describe(status));
  const control = CONTROL.exec(status);
  if (control)
    throw violation('status-control', `${codePoint(control[0])} at index ${control.index}`);
  const foreign = NOT_LATIN1.exec(status);
  if (foreign) throw violation('response-native', `${codePoint(foreign[0])} in the status`);
  if (/^[01][0-9]{2} /.test(status)) throw violation('status-final', describe(status));
  if (!isStatus(status)) throw violation('status-form', describe(status));
  return statusCode(status);
}

function checkPairs(headers: unknown): [name: string, value: string][] {
  if (!Array.isArray(headers)) throw violation('headers-list', describe(headers));
  return headers.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw violation('header-pair', describe(pair));
    const [name, value] = pair as unknown[];
    if (typeof name !== 'string') throw violation('header-pair', `${describe(name)} as a name`);
    if (typeof value !== 'string') {
      throw violation('header-pair', `${describe(value)} as the value of ${JSON.stringify(name)}`);
    }
    return [name, value];
  });
}

function checkName(name: string, warn: Warn): void {
  const foreign = NOT_LATIN1.exec(name);
  if (foreign) throw violation('response-native', `${codePoint(foreign[0])} in a header name`);
  if (!isToken(name)) throw violation('header-name', JSON.stringify(name));
  if (lowerCase(name) === 'status') throw violation('header-status', JSON.stringify(name));
  if (isHopByHop(name)) throw violation('header-hop-by-hop', JSON.stringify(name));
  if (!PLAIN_NAME.test(name)) warn('header-name-plain', JSON.stringify(name));
}

function checkRepeat(singles: Set<string>, name: string): void {
  const lower = lowerCase(name);
  // `Content-Length` has rules of its own.
  if (lower === 'content-length' || !isSingleField(lower)) return;
  if (singles.has(lower)) throw violation('header-single', `a second ${name}`);
  singles.add(lower);
}

/** Messages name the header and the character, not the value, which may be a session cookie. */
function checkValue(name: string, value: string): void {
  const foreign = NOT_LATIN1.exec(value);
  if (foreign)
    throw violation('response-native', `${codePoint(foreign[0])} in the value of ${name}`);
  const control = CONTROL.exec(value);
  if (control) throw violation('header-value', `${codePoint(control[0])} in the value of ${name}`);
}

function noteHeader(head: CheckedHead, name: string, value: string, warn: Warn): void {
  const lower = lowerCase(name);
  if (lower === 'content-type') {
    if (isBodiless(head.code)) throw violation('content-type-unwanted', `one with ${head.code}`);
    head.contentType = true;
  }
  if (lower !== 'content-length') return;
  if (!/^[0-9]+$/.test(value)) throw violation('content-length-form', JSON.stringify(value));
  if (head.contentLength !== Infinity) throw violation('content-length-once', 'a second one');
  if (head.code === 204) warn('content-length-unwanted', JSON.stringify(value));
  head.contentLength = Number(value);
}
