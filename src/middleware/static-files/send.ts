/** An open file as a response: conditions, ranges, and the headers that go with them. */
import type * as nodeCrypto from 'node:crypto';
import { nodeModule } from '../../base/node-module.ts';
import {
  conditionsOf,
  isNotModified,
  isPreconditionFailed,
  isRangeCurrent,
} from '../../http/conditional.ts';
import { httpDate } from '../../http/date.ts';
import type { Environ, Header, HeaderList, ResponseBody, StartResponse } from '../../types.ts';
import { multipartBody, rangeBody } from './body.ts';
import type { Found } from './locate.ts';
import { type ByteRange, parseRange } from '../../http/range.ts';

export interface Description {
  type: string;
  cache: string | false;
  tag: (file: Found) => Promise<string | undefined>;
}

/** Takes the file over: it is closed when the body is, or before this returns. */
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

/** Starts the response; undefined where it has no body. */
async function respond(
  environ: Environ,
  startResponse: StartResponse,
  file: Found,
  { type, cache, tag }: Description,
): Promise<ResponseBody | undefined> {
  const { handle, stat, coding, varies } = file;
  const size = Number(stat.size);
  const validators = {
    etag: await tag(file),
    lastModified: isPacked(file) ? undefined : httpDate(Number(stat.mtimeMs)),
  };
  const common: Header[] = [['Accept-Ranges', 'bytes']];
  if (cache !== false) common.push(['Cache-Control', cache]);
  if (validators.etag !== undefined) common.push(['ETag', validators.etag]);
  if (validators.lastModified !== undefined)
    common.push(['Last-Modified', validators.lastModified]);
  if (varies) common.push(['Vary', 'Accept-Encoding']);

  const conditions = conditionsOf(environ);
  if (isPreconditionFailed(conditions, validators)) {
    startResponse('412 Precondition Failed', [...common, ['Content-Length', '0']]);
    return undefined;
  }
  if (isNotModified(conditions, validators)) {
    startResponse('304 Not Modified', common);
    return undefined;
  }
  if (coding !== undefined) common.push(['Content-Encoding', coding]);

  const isGet = environ.REQUEST_METHOD === 'GET';
  const asked = environ.HTTP_RANGE;
  // A range has a meaning for GET only (RFC 9110 section 14.2).
  const ranges =
    isGet && asked !== undefined && isRangeCurrent(conditions, validators)
      ? parseRange(asked, size)
      : undefined;
  if (ranges === undefined) {
    startResponse('200 OK', contentOf(common, type, size));
    return isGet && size > 0 ? rangeBody(environ, handle, { first: 0, last: size - 1 }) : undefined;
  }
  const [range, another] = ranges;
  if (range === undefined) {
    const headers: HeaderList = [
      ['Content-Range', `bytes */${size}`],
      ['Content-Length', '0'],
    ];
    startResponse('416 Range Not Satisfiable', headers);
    return undefined;
  }
  if (another === undefined) {
    const said: Header = ['Content-Range', `bytes ${range.first}-${range.last}/${size}`];
    startResponse('206 Partial Content', [...contentOf(common, type, lengthOf(range)), said]);
    return rangeBody(environ, handle, range);
  }
  const boundary = crypto.randomUUID();
  const { body, length } = multipartBody(handle, ranges, { type, size, boundary });
  const multipart = `multipart/byteranges; boundary=${boundary}`;
  startResponse('206 Partial Content', contentOf(common, multipart, length));
  return body;
}

function contentOf(common: HeaderList, type: string, length: number): Header[] {
  return [['Content-Type', type], ['Content-Length', String(length)], ...common];
}

function lengthOf({ first, last }: ByteRange): number {
  return last + 1 - first;
}

// ── Telling one state of a file from another ─────────────────────────────────────────────────────────────────────────

const YEAR_2000 = Date.UTC(2000, 0);

/** Whether the time of change was set by what packed the file, and is the same for every version of it. */
function isPacked({ stat }: Found): boolean {
  return Number(stat.mtimeMs) < YEAR_2000;
}

const CACHED_TAGS = 1000;

/** Makes ETags; those made of content are kept as long as a file's size and times stay as they are. */
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
