/** A file's bytes as response bodies. */
import type { FileHandle } from 'node:fs/promises';
import { lengthOf } from '../../base/bytes.ts';
import { fileWrapper } from '../../core/request/file-wrapper.ts';
import { latin1Bytes } from '../../base/native.ts';
import type { Environ, FileLike, ResponseBody } from '../../types.ts';
import type { ByteRange } from '../../http/range.ts';

/** Bytes of one read: as many as Node's own file streams read. */
const BLOCK = 65_536;

/**
 * One range, through the server's `wsgi.file_wrapper`, which may have a faster way. Its close
 * closes the file.
 */
export function rangeBody(environ: Environ, handle: FileHandle, range: ByteRange): ResponseBody {
  const wrap = environ['wsgi.file_wrapper'] ?? fileWrapper;
  return wrap(fileLike(handle, range), BLOCK);
}

/**
 * Ends early if the file was cut off. The server sees by the Content-Length that bytes are missing.
 */
function fileLike(handle: FileHandle, { first, last }: ByteRange): FileLike {
  let position = first;
  return {
    async read(size = BLOCK) {
      const length = Math.min(size < 0 ? BLOCK : size, last + 1 - position);
      // New memory for each block: a block that was yielded belongs to the server.
      const buffer = new Uint8Array(Math.max(length, 0));
      if (buffer.length === 0) return buffer;
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      return buffer.subarray(0, bytesRead);
    },
    close: () => handle.close(),
  };
}

/** The parts of `multipart/byteranges` (RFC 9110 section 14.6), and their length in bytes. */
export function multipartBody(
  handle: FileHandle,
  ranges: readonly ByteRange[],
  part: { type: string; size: number; boundary: string },
): { body: ResponseBody; length: number } {
  const parts = ranges.map((range) => ({ range, head: partHead(range, part) }));
  const end = latin1Bytes(`\r\n--${part.boundary}--\r\n`);
  const heads = lengthOf(parts.map(({ head }) => head));
  const content = ranges.reduce((sum, { first, last }) => sum + last + 1 - first, 0);
  async function* blocks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const { range, head } of parts) {
      yield head;
      const file = fileLike(handle, range);
      for (let block = await file.read(); block.length > 0; block = await file.read()) yield block;
    }
    yield end;
  }
  return {
    body: { [Symbol.asyncIterator]: blocks, close: () => handle.close() },
    length: heads + content + end.length,
  };
}

function partHead(
  { first, last }: ByteRange,
  { type, size, boundary }: { type: string; size: number; boundary: string },
): Uint8Array {
  const range = `bytes ${first}-${last}/${size}`;
  return latin1Bytes(
    `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${range}\r\n\r\n`,
  );
}
