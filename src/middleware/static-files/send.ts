/** An open file as a response: conditions, ranges, and their headers. */
import type * as nodeCrypto from 'node:crypto';
import { nodeModule } from '../../base/node-module.ts';
import {
  conditionsOf,
  isNotModified,
  isPreconditionFailed,
  isRangeCurrent,
} from '../../http/conditional.ts';
import { httpDate } from '../../http/date.ts';
import { findHeader, lowerCase, omitHeader, setHeader } from '../../http/headers.ts';
import type {
  Environ,
  Header,
  HeaderList,
  NativeString,
  ResponseBody,
  StartResponse,
} from '../../types.ts';
import { multipartBody, rangeBody } from './body.ts';
import type { Found } from './locate.ts';
import { type ByteRange, parseRange } from '../../http/range.ts';

export interface Description {
  type: string;
  cache: string | false;
  tag: (file: Found) => Promise<string | undefined>;
  /** Whether files have a Last-Modified. */
  dated: boolean;
  /** Whether ranges can be asked for. */
  ranged: boolean;
  setHeaders: SetHeaders | undefined;
}

/** The headers of one response, as `setHeaders` sees them: names compare without case. */
export interface FileHeaders {
  getHeader(name: string): NativeString | undefined;
  /** Replaces the header; a list gives one header for each of its values. */
  setHeader(name: string, value: string | number | readonly string[]): void;
  removeHeader(name: string): void;
}

export interface FileStat {
  /** In bytes, of the file that is sent: of the compressed copy, if one is. */
  size: number;
  /** The time of the last change. */
  mtime: Date;
}

export type SetHeaders = (response: FileHeaders, path: string, stat: FileStat) => void;

/** Takes the file over: closes it when the body is closed, or before this returns. */
export async function sendFile(
  environ: Environ,
  startResponse: StartResponse,
  file: Found,
  description: Description,
): Promise<ResponseBody> {
  try {
    const body = await respond(environ, startResponse, file, description);
    if (body) return body;
  } catch (error) {
    await file.handle.close();
    throw error;
  }
  await file.handle.close();
  return [];
}

/** The headers of every answer about the file, after `setHeaders` has changed them. */
async function describeFile(file: Found, description: Description): Promise<Header[]> {
  const { stat, varies, path } = file;
  const etag = await description.tag(file);
  const headers: Header[] = [['Content-Type', description.type]];
  if (description.ranged) headers.push(['Accept-Ranges', 'bytes']);
  if (description.cache !== false) headers.push(['Cache-Control', description.cache]);
  if (etag !== undefined) headers.push(['ETag', etag]);
  if (description.dated && !isPacked(file)) {
    headers.push(['Last-Modified', httpDate(Number(stat.mtimeMs))]);
  }
  if (varies) headers.push(['Vary', 'Accept-Encoding']);
  const { setHeaders } = description;
  if (!setHeaders) return headers;
  const changed = changeable(headers);
  setHeaders(changed, path, { size: Number(stat.size), mtime: new Date(Number(stat.mtimeMs)) });
  return changed.list();
}

function changeable(headers: HeaderList): FileHeaders & { list(): Header[] } {
  let list = [...headers];
  return {
    getHeader: (name) => findHeader(list, lowerCase(name)),
    setHeader(name, value) {
      const values = [value].flat().map(String);
      list = [...omitHeader(list, lowerCase(name)), ...values.map((one): Header => [name, one])];
    },
    removeHeader(name) {
      list = omitHeader(list, lowerCase(name));
    },
    list: () => list,
  };
}

/** A 304 and a 412 have no content that these could describe (RFC 9110 section 15.4.5). */
const OF_THE_CONTENT: ReadonlySet<string> = new Set([
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
]);

/** Starts the response; undefined if it has no body. */
async function respond(
  environ: Environ,
  startResponse: StartResponse,
  file: Found,
  description: Description,
): Promise<ResponseBody | undefined> {
  const { handle, stat, coding } = file;
  const size = Number(stat.size);
  const headers = await describeFile(file, description);
  const validators = {
    etag: findHeader(headers, 'etag'),
    lastModified: findHeader(headers, 'last-modified'),
  };
  const common = headers.filter(([name]) => !OF_THE_CONTENT.has(lowerCase(name)));

  const conditions = conditionsOf(environ);
  if (isPreconditionFailed(conditions, validators)) {
    startResponse('412 Precondition Failed', [...common, ['Content-Length', '0']]);
    return undefined;
  }
  if (isNotModified(conditions, validators)) {
    startResponse('304 Not Modified', common);
    return undefined;
  }
  if (coding !== undefined) headers.push(['Content-Encoding', coding]);

  const isGet = environ.REQUEST_METHOD === 'GET';
  // A range has a meaning for GET only (RFC 9110 section 14.2).
  const asked = isGet && description.ranged ? environ.HTTP_RANGE : undefined;
  const ranges =
    asked !== undefined && isRangeCurrent(conditions, validators)
      ? parseRange(asked, size)
      : undefined;
  if (ranges === undefined) {
    startResponse('200 OK', withLength(headers, size));
    return isGet && size > 0 ? rangeBody(environ, handle, { first: 0, last: size - 1 }) : undefined;
  }
  const [range, another] = ranges;
  if (range === undefined) {
    startResponse('416 Range Not Satisfiable', [
      ['Content-Range', `bytes */${size}`],
      ['Content-Length', '0'],
    ]);
    return undefined;
  }
  if (another === undefined) {
    const said: Header = ['Content-Range', `bytes ${range.first}-${range.last}/${size}`];
    startResponse('206 Partial Content', [...withLength(headers, lengthOf(range)), said]);
    return rangeBody(environ, handle, range);
  }
  const boundary = crypto.randomUUID();
  const type = findHeader(headers, 'content-type') ?? description.type;
  const { body, length } = multipartBody(handle, ranges, { type, size, boundary });
  const multipart = setHeader(
    headers,
    'Content-Type',
    `multipart/byteranges; boundary=${boundary}`,
  );
  startResponse('206 Partial Content', withLength(multipart, length));
  return body;
}

/** The length is that of the bytes that are sent, whatever `setHeaders` says. */
function withLength(headers: HeaderList, length: number): Header[] {
  return setHeader(headers, 'Content-Length', String(length));
}

function lengthOf({ first, last }: ByteRange): number {
  return last + 1 - first;
}

// ── ETags ───────────────────────────────────────────────────────────────────────────────────────

const YEAR_2000 = Date.UTC(2000, 0);

/** Whether a packing tool set the time of change, to one time for every version of the file. */
function isPacked({ stat }: Found): boolean {
  return Number(stat.mtimeMs) < YEAR_2000;
}

const CACHED_TAGS = 1000;

/**
 * Makes ETags. Keeps those of content as long as the size and the times of the file stay the same.
 */
export function tagger(
  kind: 'stat' | 'content' | false | undefined,
): (file: Found) => Promise<string | undefined> {
  const known = new Map<string, string>();
  return async (file) => {
    if (kind === false) return undefined;
    const { size, mtimeNs, ctimeNs, ino } = file.stat;
    if (kind === 'stat' || (kind === undefined && !isPacked(file))) {
      return `"${size.toString(36)}-${mtimeNs.toString(36)}"`;
    }
    const state = `${file.real}\0${ino}\0${size}\0${mtimeNs}\0${ctimeNs}`;
    const before = known.get(state);
    if (before !== undefined) return before;
    const tag = `"${await hashOf(file)}"`;
    if (known.size >= CACHED_TAGS) known.clear();
    known.set(state, tag);
    return tag;
  };
}

const BLOCK = 65_536;

async function hashOf({ handle }: Found): Promise<string> {
  const { createHash } = nodeModule('node:crypto', 'staticFiles()') as typeof nodeCrypto;
  const hash = createHash('sha256');
  const buffer = new Uint8Array(BLOCK);
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, BLOCK, position);
    if (bytesRead === 0) return hash.digest('base64url').slice(0, 22);
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
