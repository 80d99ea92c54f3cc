import { describe, expect, it, vi } from 'vitest';
import { ClientDisconnected } from '../../../src/core/errors.ts';
import { bufferedInput, streamedInput } from '../../../src/core/request/input.ts';
import type { InputStream } from '../../../src/types.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (block: Uint8Array): string => new TextDecoder().decode(block);

/** Blocks that arrive one turn of the event loop apart. */
async function* arriving(...blocks: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const block of blocks) {
    await new Promise((resolve) => setImmediate(resolve));
    yield bytes(block);
  }
}

const BODY = 'ab\ncdef\n\nlast';

describe.each<[string, () => InputStream]>([
  ['bufferedInput', () => bufferedInput(bytes(BODY))],
  ['streamedInput of one block', () => streamedInput([bytes(BODY)])],
  ['streamedInput with a length', () => streamedInput([bytes(BODY)], { length: BODY.length })],
  ['streamedInput of single bytes', () => streamedInput(arriving(...BODY.split('')))],
  [
    'streamedInput of odd blocks',
    () => streamedInput(arriving('a', '', 'b\ncd', 'ef\n\nl', 'ast')),
  ],
])('%s', (_, make) => {
  it('reads exactly as many bytes as asked, while there are any', async () => {
    const input = make();
    expect(text(await input.read(5))).toBe('ab\ncd');
    expect(text(await input.read(0))).toBe('');
    expect(text(await input.read(5))).toBe('ef\n\nl');
    expect(text(await input.read(5))).toBe('ast');
    expect(text(await input.read(5))).toBe('');
  });

  it('reads the rest without a size or with a negative one', async () => {
    const input = make();
    await input.read(3);
    expect(text(await input.read())).toBe('cdef\n\nlast');
    expect(text(await make().read(-1))).toBe(BODY);
  });

  it('reads lines through their newline, in pieces where a size says so', async () => {
    const input = make();
    expect(text(await input.readline())).toBe('ab\n');
    expect(text(await input.readline(2))).toBe('cd');
    expect(text(await input.readline(0))).toBe('');
    expect(text(await input.readline(100))).toBe('ef\n');
    expect(text(await input.readline(-1))).toBe('\n');
    expect(text(await input.readline())).toBe('last');
    expect(text(await input.readline())).toBe('');
  });

  it('stops readlines after the line that reaches the hint', async () => {
    const lines = (await make().readlines()).map(text);
    expect(lines).toEqual(['ab\n', 'cdef\n', '\n', 'last']);
    const input = make();
    expect((await input.readlines(3)).map(text)).toEqual(['ab\n']);
    expect((await input.readlines(6)).map(text)).toEqual(['cdef\n', '\n']);
    expect((await input.readlines(0)).map(text)).toEqual(['last']);
    expect(await input.readlines(-1)).toEqual([]);
  });

  it('yields lines, and goes on where the loop was left', async () => {
    const input = make();
    const lines: string[] = [];
    for await (const line of input) {
      lines.push(text(line));
      if (lines.length === 2) break;
    }
    expect(lines).toEqual(['ab\n', 'cdef\n']);
    for await (const line of input) lines.push(text(line));
    expect(lines).toEqual(['ab\n', 'cdef\n', '\n', 'last']);
  });

  it('is at its end again and again, in every way of reading', async () => {
    const input = make();
    await input.read();
    for (let times = 0; times < 2; times++) {
      expect(await input.read()).toHaveLength(0);
      expect(await input.read(1)).toHaveLength(0);
      expect(await input.readline()).toHaveLength(0);
      expect(await input.readlines()).toEqual([]);
    }
  });

  it('answers reads in the order of their calls', async () => {
    const input = make();
    const reads = [input.read(1), input.readline(), input.read(3), input.read()];
    expect((await Promise.all(reads)).map(text)).toEqual(['a', 'b\n', 'cde', 'f\n\nlast']);
  });

  it.each([Number.NaN, 1.5, Infinity])('refuses the size %d and reads on', async (size) => {
    const input = make();
    await expect(input.read(size)).rejects.toThrow(TypeError);
    await expect(input.readline(size)).rejects.toThrow(/whole number of bytes; got/);
    await expect(input.readlines(size)).rejects.toThrow(TypeError);
    expect(text(await input.read())).toBe(BODY);
  });

  it('hands out Uint8Arrays', async () => {
    expect(await make().read(2)).toBeInstanceOf(Uint8Array);
    expect(await make().readline()).toBeInstanceOf(Uint8Array);
  });
});

describe('bufferedInput', () => {
  it('is empty without a body', async () => {
    expect(bufferedInput().readSync()).toHaveLength(0);
    expect(await bufferedInput().read()).toHaveLength(0);
  });

  it('shares one position between its two ways of reading', async () => {
    const input = bufferedInput(bytes(BODY));
    expect(text(input.readlineSync())).toBe('ab\n');
    expect(text(await input.readline())).toBe('cdef\n');
    expect(input.readlinesSync().map(text)).toEqual(['\n', 'last']);
    expect([...input]).toEqual([]);
  });

  it('yields lines to both kinds of loop', async () => {
    const lines: string[] = [];
    for (const line of bufferedInput(bytes(BODY))) lines.push(text(line));
    expect(lines).toEqual(['ab\n', 'cdef\n', '\n', 'last']);
    for await (const line of bufferedInput(bytes('x\ny'))) lines.push(text(line));
    expect(lines.slice(4)).toEqual(['x\n', 'y']);
  });
});

describe('streamedInput', () => {
  it('pulls nothing before a read needs it', async () => {
    const pulled = vi.fn<(block: string) => void>();
    function* source(): Generator<Uint8Array, void, undefined> {
      for (const block of ['ab', 'cd', 'ef']) {
        pulled(block);
        yield bytes(block);
      }
    }
    const input = streamedInput(source());
    expect(pulled).not.toHaveBeenCalled();
    await input.read(0);
    expect(pulled).not.toHaveBeenCalled();
    await input.read(3);
    expect(pulled.mock.calls.flat()).toEqual(['ab', 'cd']);
    await input.read(1);
    expect(pulled).toHaveBeenCalledTimes(2);
  });

  it('ends at its length, and never hands out what follows', async () => {
    const source = arriving('abc', 'defNEXT', 'REQUEST');
    const input = streamedInput(source, { length: 6 });
    expect(text(await input.read())).toBe('abcdef');
    expect(await input.read()).toHaveLength(0);
    expect(text((await source.next()).value ?? bytes(''))).toBe('REQUEST');
  });

  it('reads nothing at all for the length 0', async () => {
    const next = vi.fn<() => IteratorResult<Uint8Array>>();
    const input = streamedInput({ [Symbol.iterator]: () => ({ next }) }, { length: 0 });
    expect(await input.read()).toHaveLength(0);
    expect(next).not.toHaveBeenCalled();
  });

  it('fails, every time, when the source ends before its length', async () => {
    const input = streamedInput(arriving('abc'), { length: 5 });
    expect(text(await input.read(2))).toBe('ab');
    await expect(input.read()).rejects.toThrow(ClientDisconnected);
    await expect(input.readline()).rejects.toThrow(/ended 2 bytes before its Content-Length/);
    await expect(input.readlines()).rejects.toThrow(ClientDisconnected);
    await expect(input[Symbol.asyncIterator]().next()).rejects.toThrow(ClientDisconnected);
  });

  it('fails, every time, when the source breaks, so that what arrived looks at no time like a whole body', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
      yield bytes('abc');
      await Promise.reject(new ClientDisconnected());
    }
    const input = streamedInput(broken());
    expect(text(await input.read(2))).toBe('ab');
    await expect(input.read()).rejects.toThrow(ClientDisconnected);
    await expect(input.read()).rejects.toThrow(ClientDisconnected);
    await expect(input.readline()).rejects.toThrow(ClientDisconnected);
  });

  it('hands out long lines in pieces of maxLine', async () => {
    const input = streamedInput(arriving('abcdefgh', 'i\nj'), { maxLine: 4 });
    expect((await input.readlines()).map(text)).toEqual(['abcd', 'efgh', 'i\n', 'j']);
    const other = streamedInput(arriving('abcdefgh'), { maxLine: 4 });
    expect(text(await other.readline(100))).toBe('abcd');
    expect(text(await other.read())).toBe('efgh');
  });
});
