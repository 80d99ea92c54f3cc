/** Content codings by node:zlib, a block in and a block out. */
import type { Transform } from 'node:stream';
import type * as nodeZlib from 'node:zlib';
import { joinBytes } from '../../base/bytes.ts';
import type { BlockFilter } from '../../core/response/wrap.ts';

export type ContentCoding = 'br' | 'gzip' | 'zstd';

type Zlib = typeof nodeZlib;
/** `flush` calls back when all that was written has come out. */
type Compressor = Transform & { flush(callback: () => void): void };
type Open = () => Compressor;

/** Node has it since 22.15; older type definitions do not. */
interface WithZstd {
  createZstdCompress?: (options?: object) => Compressor;
}

/**
 * Opens a compressor, if this Node has the coding. Levels keep up with a network: brotli's default
 * takes 50 times as long.
 */
export const CODINGS: Readonly<Record<ContentCoding, (zlib: Zlib) => Open | undefined>> = {
  br: (zlib) => () =>
    zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (zlib) => () => {
    const gzip = zlib.createGzip();
    const { Z_SYNC_FLUSH } = zlib.constants;
    const flush: nodeZlib.Gzip['flush'] = gzip.flush.bind(gzip);
    // The default is a full flush, which clears the window: the next block then compresses worse.
    return Object.assign(gzip, {
      flush: (done: () => void) => flush(Z_SYNC_FLUSH, done),
    });
  },
  zstd: (zlib) => {
    const { createZstdCompress } = zlib as WithZstd;
    return createZstdCompress && (() => createZstdCompress());
  },
};

/** Gives all the bytes of a block before it takes the next one. */
export function createFlushFilter(stream: Compressor): BlockFilter {
  let out: Uint8Array[] = [];
  const collect = (): void => {
    // Until the buffer is empty: a full one stops the compressor.
    for (let part = read(stream); part; part = read(stream)) out.push(part);
  };
  const take = (): Uint8Array => {
    collect();
    const all = joinBytes(out);
    out = [];
    return all;
  };
  const settle = (act: (done: () => void) => void): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const closed = (): void => reject(new Error('the compressor was closed'));
      const done = (): void => {
        stream.off('error', reject).off('close', closed);
        resolve(take());
      };
      stream.once('error', reject).once('close', closed);
      act(done);
    });
  stream.on('readable', collect);
  return {
    block: (block) =>
      settle((done) => {
        stream.write(block);
        stream.flush(done);
      }),
    end: () =>
      settle((done) => {
        stream.once('end', done);
        stream.end();
      }),
    close: () => void stream.destroy(),
  };
}

function read(stream: Compressor): Uint8Array | null {
  return stream.read() as Uint8Array | null;
}
