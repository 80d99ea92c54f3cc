import { describe, expect, it, vi } from 'vitest';
import { fileWrapper } from '../../../src/core/request/file-wrapper.ts';
import type { FileLike, ResponseBody } from '../../../src/types.ts';

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const show = (block: Uint8Array): string => new TextDecoder().decode(block);

async function blocks(body: ResponseBody): Promise<string[]> {
  const seen: string[] = [];
  for await (const block of body) seen.push(show(block));
  return seen;
}

describe('fileWrapper', () => {
  function file(content: string): FileLike & { sizes: unknown[] } {
    let rest = bytes(content);
    return {
      sizes: [],
      read(size) {
        this.sizes.push(size);
        const block = rest.subarray(0, size);
        rest = rest.subarray(block.length);
        return block;
      },
    };
  }

  it('reads from where the file stands to its end, block by block', async () => {
    const source = file('abcdefgh');
    await source.read(1);
    expect(await blocks(fileWrapper(source, 3))).toEqual(['bcd', 'efg', 'h']);
    expect(source.sizes).toEqual([1, 3, 3, 3, 3]);
  });

  it('reads 8192 bytes at a time unless told', async () => {
    const source = file('x');
    expect(await blocks(fileWrapper(source))).toEqual(['x']);
    expect(source.sizes).toEqual([8192, 8192]);
  });

  it('waits for a file that is asynchronous, and passes on its error', async () => {
    const reads = [bytes('a'), bytes('b'), bytes('')];
    const later = { read: async (): Promise<Uint8Array> => reads.shift() ?? bytes('') };
    expect(await blocks(fileWrapper(later))).toEqual(['a', 'b']);
    const broken = { read: () => Promise.reject(new Error('disk')) };
    await expect(blocks(fileWrapper(broken))).rejects.toThrow('disk');
  });

  it('has a close exactly if the file has one, and reads nothing by itself', async () => {
    const read = vi.fn<() => Uint8Array>();
    const close = vi.fn<() => void>();
    expect('close' in fileWrapper({ read })).toBe(false);
    await fileWrapper({ read, close }).close?.();
    expect(close).toHaveBeenCalledTimes(1);
    expect(read).not.toHaveBeenCalled();
  });
});
