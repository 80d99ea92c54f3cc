/** Content codings by node:zlib, a block in and a block out. */
import type { Transform } from 'node:stream';
import type * as nodeZlib from 'node:zlib';
import { joinBytes } from '../../base/bytes.ts';
import type { BlockFilter } from '../../core/response/wrap.ts';
import type { ContentCoding } from '../compress.ts';

type Zlib = typeof nodeZlib;
/** A compressor: what it is given, and what to do when all of that has come out. */
type Compressor = Transform & { flush(callback: () => void): void };
type Open = () => Compressor;

/** Since Node 22.15; older type definitions do not know it. */
interface WithZstd {
  createZstdCompress?: (options?: object) => Compressor;
}

/** How to open each, on a Node that has it. Levels are those that keep up with a network: brotli's own default takes 50 times as long. */
export const CODINGS: Readonly<Record<ContentCoding, (zlib: Zlib) => Open | undefined>> = {
  br: (zlib) => () =>
    zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (zlib) => () => {
    const gzip = zlib.createGzip();
    const { Z_SYNC_FLUSH } = zlib.constants;
    const flush: nodeZlib.Gzip['flush'] = gzip.flush.bind(gzip);
    // Its own default, a full flush, also forgets what it has seen, and compresses the next block the worse for it.
    return Object.assign(gzip, {
      flush: (done: () => void) => flush(Z_SYNC_FLUSH, done),
    });
  },
  zstd: (zlib) => {
    const { createZstdCompress } = zlib as WithZstd;
    return createZstdCompress && (() => createZstdCompress());
  },
};

/** Gives for each block all of what it became: a block is never held until the next. */
export function flushing(stream: Compressor): BlockFilter {
  let out: Uint8Array[] = [];
  const collect = (): void => {
    // Until it is empty: a full buffer stops the compressor.
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
