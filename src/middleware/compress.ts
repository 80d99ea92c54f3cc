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
import { CODINGS, type ContentCoding, createFlushFilter } from './compress/coding.ts';

export type { ContentCoding };

export interface CompressOptions {
  /**
   * The codings to offer, best first, without those that this Node does not have.
   * Default: `['br', 'zstd', 'gzip']`.
   */
  encodings?: readonly ContentCoding[];
  /** Bytes from which on a body of known length is compressed. Default: 1024. */
  threshold?: number;
  /** Whether a media type is compressed. Default: text, JSON, XML, scripts, SVG and the like. */
  types?: (mediaType: string) => boolean;
}

/**
 * Compresses bodies for clients that accept it. Each block is flushed, so that a stream stays a
 * stream.
 *
 * ```ts
 * const small = compress(application, { encodings: ['gzip'] });
 * ```
 *
 * Does nothing for 204, 206 and 304, for a body that is small, has a content coding already or a
 * type that does not shrink, and for `Cache-Control: no-transform`. Every other response has
 * `Vary: Accept-Encoding`, compressed or not. An ETag becomes weak, because the bytes differ. HEAD
 * gets the head of GET if the application declares its length.
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
  const { encodings = ['br', 'zstd', 'gzip'], threshold = 1024, types = isShrinkable } = options;
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
      // A response to HEAD has an empty body: only Content-Length has the length of the body of
      // GET.
      if (isHead && start.declared === undefined) return { headers };
      const zlib = nodeModule('node:zlib', 'compress()') as typeof nodeZlib;
      const offers = encodings.filter((coding) => CODINGS[coding](zlib) !== undefined);
      const coding = chooseEncoding(accepted, offers);
      const open = coding && CODINGS[coding](zlib);
      if (!open) return { headers };
      const body = isHead ? undefined : openOnFirstBlock(() => createFlushFilter(open()));
      return { headers: describeCoding(headers, coding), body };
    };
  });
}

/** Opens no compressor for a body that is never read: a server may stop before the first block. */
function openOnFirstBlock(open: () => BlockFilter): BlockFilter {
  let filter: BlockFilter | undefined;
  return {
    block: (block) => (filter ??= open()).block(block),
    end: () => (filter ??= open()).end?.() ?? new Uint8Array(0),
    close: () => filter?.close?.(),
  };
}

/** Headers of the bytes before they were compressed. */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-length',
  'content-md5',
]);

function describeCoding(headers: HeaderList, coding: ContentCoding): HeaderList {
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

function isShrinkable(type: string): boolean {
  return SHRINKS.test(type);
}
