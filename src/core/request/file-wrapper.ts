/** `wsgi.file_wrapper` (PEP 3333, "Optional Platform-Specific File Handling"). */
import { isThenable } from '../../base/promises.ts';
import type { FileLike, ResponseBody } from '../../types.ts';

/**
 * A response body out of anything that has `read(size)`: from its current position, block by block,
 * to the end. It has a `close` exactly if the file has one.
 *
 * ```ts
 * return environ['wsgi.file_wrapper']!(file, 65536);
 * ```
 *
 * @param blockSize bytes a read. Default: 8192, as in wsgiref
 */
export function fileWrapper(file: FileLike, blockSize = 8192): ResponseBody {
  const body = { [Symbol.asyncIterator]: () => blocksOf(file, blockSize) };
  return typeof file.close === 'function' ? { ...body, close: () => file.close?.() } : body;
}

async function* blocksOf(file: FileLike, size: number): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const read = file.read(size);
    const block = isThenable(read) ? await read : read;
    if (block.length === 0) return;
    yield block;
  }
}
