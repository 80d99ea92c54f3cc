import { text } from '../core/response/answers.ts';
import { ContentTooLarge, isA } from '../core/errors.ts';
import { checkApplication, checkOptions, isCount } from '../core/options.ts';
import type { Application, InputStream } from '../types.ts';
import { recover } from '../core/response/wrap.ts';

export interface BodyLimitOptions {
  /** The largest request body, in bytes. */
  bytes: number;
}

/**
 * Refuses request bodies that are too large with a 413. A body with a Content-Length is refused
 * before the application is called. Without one, the read that passes the limit throws a
 * `ContentTooLarge`, which becomes a 413 if the application does not catch it and has sent nothing.
 *
 * ```ts
 * const guarded = bodyLimit(application, { bytes: 1_000_000 });
 * ```
 *
 * @throws {TypeError} for an unknown or missing option, or when `application` is no function
 */
export function bodyLimit(application: Application, options: BodyLimitOptions): Application {
  checkApplication(application);
  checkOptions('bodyLimit', options, { bytes: isCount });
  const { bytes: limit } = options;
  if (limit === undefined) throw new TypeError('bodyLimit needs the option bytes');
  const guarded = recover(application, (error) =>
    isA(error, ContentTooLarge) ? tooLarge : undefined,
  );
  return (environ, startResponse) => {
    const length = environ.CONTENT_LENGTH;
    if (length !== undefined && Number(length) > limit) return tooLarge(environ, startResponse);
    if (length === undefined && environ['gatecall.input_buffered'] !== true) {
      environ['wsgi.input'] = limitInput(environ['wsgi.input'], limit);
    }
    return guarded(environ, startResponse);
  };
}

const tooLarge = text('Content Too Large\n', { status: '413 Content Too Large' });

/** An input that reads at most one byte more than the limit, and throws when that byte has come. */
function limitInput(input: InputStream, limit: number): InputStream {
  let room = limit;
  const take = (block: Uint8Array): Uint8Array => {
    room -= block.length;
    if (room < 0) throw new ContentTooLarge(`the request body has more than ${limit} bytes`);
    return block;
  };
  const most = (size = -1): number => {
    const enough = Math.max(room, 0) + 1;
    return size < 0 || size > enough ? enough : size;
  };
  const readline = async (size?: number): Promise<Uint8Array> =>
    take(await input.readline(most(size)));
  return {
    read: async (size) => take(await input.read(most(size))),
    readline,
    async readlines(hint = 0) {
      const lines: Uint8Array[] = [];
      for (let bytes = 0; hint <= 0 || bytes < hint; bytes += lines.at(-1)?.length ?? 0) {
        const line = await readline();
        if (line.length === 0) break;
        lines.push(line);
      }
      return lines;
    },
    async *[Symbol.asyncIterator]() {
      for (let line = await readline(); line.length > 0; line = await readline()) yield line;
    },
  };
}
