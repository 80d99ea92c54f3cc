import type * as nodeZlib from 'node:zlib';
import { chooseEncoding } from '../http/accept-encoding.ts';
import { nodeModule } from '../base/node-module.ts';
import { addVary, findHeader, hasDirective, lowerCase, omitHeader } from '../http/headers.ts';
import {
  checkApplication,
  checkOptions,
  isCount,
  isFunction,
  isListOf,
  isOneOf,
} from '../core/options.ts';
import { isBodiless } from '../http/status.ts';
import type { Application, Header, HeaderList } from '../types.ts';
import { type BlockFilter, type ResponseStart, wrapResponse } from '../core/response/wrap.ts';
import { CODINGS, flushing } from './compress/coding.ts';

export type ContentCoding = 'br' | 'gzip' | 'zstd';

export interface CompressOptions {
  /** The codings to offer, best first. `['br', 'zstd', 'gzip']` unless told; those that this Node has not are left out. */
  encodings?: readonly ContentCoding[];
  /** The smallest body worth it, in bytes, where its length is known. 1024 unless told. */
  threshold?: number;
  /** Whether a media type gains by it. Text, JSON, XML, scripts, SVG and the like unless told. */
  types?: (mediaType: string) => boolean;
}

/**
 * Compresses bodies for clients that say they can read it. Each block is flushed, so that what streams goes on streaming.
 *
 * ```ts
 * const small = compress(application, { encodings: ['gzip'] });
 * ```
 *
 * Does nothing for 204, 206 and 304, for bodies that are small, encoded already or of a type that would not shrink, and
 * where `Cache-Control` says `no-transform`. What could have been compressed says `Vary: Accept-Encoding` either way. An ETag
 * becomes weak, because its bytes are no longer the same. HEAD is told what GET would be, where that can be known.
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function compress(application: Application, options: CompressOptions = {}): Application {
  checkApplication(application);
  checkOptions('compress', options, {
    encodings: isListOf(isOneOf(...Object.keys(CODINGS))),
    threshold: isCount,
    types: isFunction,
  });
  const { encodings = ['br', 'zstd', 'gzip'], threshold = 1024, types = shrinks } = options;
  const suits = ({ code, headers }: ResponseStart, length = Infinity): boolean =>
    !isBodiless(code) &&
    code !== 206 &&
    length >= Math.max(threshold, 1) &&
    types(mediaType(headers)) &&
    findHeader(headers, 'content-encoding') === undefined &&
    findHeader(headers, 'content-range') === undefined &&
    !hasDirective(headers, 'no-transform');

  return wrapResponse(application, ({ REQUEST_METHOD: method, HTTP_ACCEPT_ENCODING: accepted }) => {
    return (start) => {
      const isHead = method === 'HEAD';
      if (!suits(start, isHead ? start.declared : start.length)) return {};
      const headers = addVary(start.headers, 'Accept-Encoding');
      // An empty list is all that HEAD has; how long the body of GET would be, only Content-Length can tell.
      if (isHead && start.declared === undefined) return { headers };
      const zlib = nodeModule('node:zlib', 'compress()') as typeof nodeZlib;
      const offers = encodings.filter((coding) => CODINGS[coding](zlib) !== undefined);
      const coding = chooseEncoding(accepted, offers);
      const open = coding && CODINGS[coding](zlib);
      if (!open) return { headers };
      const body = isHead ? undefined : lazily(() => flushing(open()));
      return { headers: encoded(headers, coding), body };
    };
  });
}

/** Nothing is opened for a body that never comes: a server may stop before the first block. */
function lazily(open: () => BlockFilter): BlockFilter {
  let filter: BlockFilter | undefined;
  return {
    block: (block) => (filter ??= open()).block(block),
    end: () => (filter ??= open()).end?.() ?? new Uint8Array(0),
    close: () => filter?.close?.(),
  };
}

/** What no longer holds for other bytes. */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-length',
  'content-md5',
]);

function encoded(headers: HeaderList, coding: ContentCoding): HeaderList {
  const kept = headers.filter(([name]) => !OF_THE_BYTES.has(lowerCase(name)));
  const tag = findHeader(kept, 'etag');
  const added: Header[] = [['Content-Encoding', coding]];
  if (tag === undefined || tag.startsWith('W/')) return [...kept, ...added];
  return [...omitHeader(kept, 'etag'), ['ETag', `W/${tag}`], ...added];
}

function mediaType(headers: HeaderList): string {
  return findHeader(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

const SHRINKS =
  /^(?:text\/|.*\+(?:json|text|xml)$|application\/(?:javascript|json|manifest\+json|rtf|vnd\.ms-fontobject|wasm|x-javascript|x-ndjson|xml)$|font\/(?:otf|ttf)$|image\/(?:bmp|x-icon)$)/;

function shrinks(type: string): boolean {
  return SHRINKS.test(type);
}
