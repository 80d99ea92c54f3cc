/**
 * What `startResponse` is given, checked while the application can still be told (PEP 3333,
 * "start_response()").
 */
import { describe } from '../../base/bytes.ts';
import { ContractError } from '../errors.ts';
import { isToken, lowerCase, responseName } from '../../http/headers.ts';
import { isStatus, statusCode } from '../../http/status.ts';
import type { Header, HeaderList, NativeString } from '../../types.ts';

/**
 * A status and headers that passed. The list is a copy: what the application does to its own later
 * changes nothing.
 */
export interface ResponseHead {
  status: NativeString;
  code: number;
  headers: Header[];
  /** The application's own Content-Length, in bytes. */
  declared: number | undefined;
}

// What is said to an application that calls what it may not, by a server or by a middleware that
// stands in for one.
export const START_TWICE =
  'startResponse() was called twice; to replace a response that has not left yet, pass the error as third argument';
export const WRITE_LATE =
  'write() was called after the application returned; yield the block instead';
export const WRITE_UNSTARTED = 'write() was called although startResponse() had failed';
export const WRITE_BEYOND = 'write() goes past the declared Content-Length';

// Control characters would end the header and begin another (response splitting), and so would code
// points above U+00FF once a careless encoder cuts them: U+010D U+010A become CR LF.
const UNFIT_VALUE = /[^\x20-\x7e\x80-\xff]/;

/** @throws {ContractError} naming what is wrong */
export function checkHead(status: NativeString, headers: HeaderList): ResponseHead {
  if (!isStatus(status)) {
    throw new ContractError(
      `a status is three digits from 200 on, one space and a reason, e.g. '404 Not Found'; got ${describe(status)}`,
    );
  }
  if (!Array.isArray(headers)) {
    throw new ContractError(
      `headers are a list of [name, value] pairs; got ${describe(headers)}: use [...headers] or Object.entries(headers)`,
    );
  }
  const given: readonly unknown[] = headers;
  // As long as it gets: a list that grows takes room for 17.
  // oxlint-disable-next-line unicorn/no-new-array
  const list = new Array<Header>(given.length);
  const head: ResponseHead = {
    status,
    code: statusCode(status),
    headers: list,
    declared: undefined,
  };
  for (let index = 0; index < list.length; index++) list[index] = checkedHeader(given[index], head);
  return head;
}

function checkedHeader(header: unknown, head: ResponseHead): Header {
  if (!Array.isArray(header) || header.length !== 2) {
    throw new ContractError(`a header is a pair [name, value]; got ${describe(header)}`);
  }
  const name: unknown = header[0];
  const value: unknown = header[1];
  if (typeof name !== 'string' || typeof value !== 'string') {
    throw new ContractError(
      `a header's name and value are strings; got ${describe(name)} and ${describe(value)}`,
    );
  }
  const lower = responseName(name);
  const fit = lower !== '' && !UNFIT_VALUE.test(value);
  const clean = fit ? value : checkedValue(name, value);
  if (lower === 'content-length') {
    if (head.declared !== undefined || !/^[0-9]{1,15}$/.test(clean)) {
      throw new ContractError(`Content-Length is given once, in digits; got ${describe(value)}`);
    }
    head.declared = Number(clean);
  }
  return [name, clean];
}

/** Says what is wrong with a header, or gives the value for which nothing is. */
function checkedValue(name: string, value: string): string {
  if (!isToken(name)) {
    throw new ContractError(`a header name is an HTTP token; got ${describe(name)}`);
  }
  // HTAB is legal in HTTP but not here; a space means the same.
  const clean = value.replaceAll('\t', ' ');
  if (UNFIT_VALUE.test(clean)) {
    throw new ContractError(
      `the value of header ${name} has a control character or one above U+00FF (use encodeNative); got ${describe(value)}`,
    );
  }
  if (responseName(name) !== '') return clean;
  throw new ContractError(
    lowerCase(name) === 'status'
      ? 'there is no header Status; give the status as the first argument of startResponse()'
      : `the header ${name} speaks of the connection, which is the server's; leave it out`,
  );
}
