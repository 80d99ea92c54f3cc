import { describe, expect, it, vi } from 'vitest';
import { closing } from '../../../src/core/response/body.ts';
import { callApplication } from '../../../src/core/call.ts';
import type { BufferedResponse } from '../../../src/core/transport.ts';
import { createEnviron } from '../../../src/core/request/environ.ts';
import { errorStream } from '../../../src/core/request/error-stream.ts';
import type { Application, ResponseBody } from '../../../src/types.ts';

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const show = (block: Uint8Array): string => new TextDecoder().decode(block);

const call = async (application: Application): Promise<BufferedResponse> =>
  callApplication(
    application,
    createEnviron(
      { method: 'GET', rawPath: '/', headers: {} },
      { errors: errorStream(console.error) },
    ),
    { throwErrors: true },
  );

async function blocks(body: ResponseBody): Promise<string[]> {
  const seen: string[] = [];
  for await (const block of body) seen.push(show(block));
  return seen;
}

describe('closing', () => {
  it('closes the inner body first, then each callback, each once', async () => {
    const order: string[] = [];
    const inner = Object.assign([bytes('a')], { close: () => void order.push('inner') });
    const body = closing(
      inner,
      () => void order.push('first'),
      () => void order.push('second'),
    );
    await body.close?.();
    await body.close?.();
    expect(order).toEqual(['inner', 'first', 'second']);
  });

  it('stays synchronous over what is', () => {
    const body = closing([bytes('a'), bytes('b')], () => {});
    expect(Symbol.asyncIterator in body).toBe(false);
    expect([...(body as Iterable<Uint8Array>)].map(show)).toEqual(['a', 'b']);
    expect(body.close?.()).toBeUndefined();
  });

  it('leaves a list a list, whose length a server can still tell', async () => {
    const inner = [bytes('ab'), bytes('c')];
    const body = closing(inner, () => {});
    expect(Array.isArray(body)).toBe(true);
    expect('close' in inner).toBe(false);
    const { headers } = await call((_environ, startResponse) => {
      startResponse('200 OK', []);
      return body;
    });
    expect(headers).toEqual([['Content-Length', '3']]);
  });

  it('is asynchronous over what is, and over what is both', async () => {
    async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {
      yield bytes('a');
    }
    const both = Object.assign([bytes('sync')], { [Symbol.asyncIterator]: stream });
    expect(await blocks(closing(stream()))).toEqual(['a']);
    expect(Symbol.iterator in closing(both)).toBe(false);
    expect(await blocks(closing(both))).toEqual(['a']);
  });

  it('awaits what is asynchronous before it goes on', async () => {
    const order: string[] = [];
    const slowly = (name: string) => async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(name);
    };
    const inner = Object.assign([bytes('a')], { close: slowly('inner') });
    await closing(inner, slowly('one'), () => void order.push('two')).close?.();
    expect(order).toEqual(['inner', 'one', 'two']);
  });

  it.each([
    ['at once', () => () => Promise.resolve()],
    ['later', () => () => new Promise<void>((resolve) => void setImmediate(resolve))],
  ])('calls all even if one throws, and throws the first error on: %s', async (_, make) => {
    const last = vi.fn<() => void>();
    const body = closing(
      Object.assign([bytes('a')], { close: make() }),
      () => {
        throw new Error('one');
      },
      () => Promise.reject(new Error('two')),
      last,
    );
    await expect(Promise.resolve(body.close?.())).rejects.toThrow('one');
    expect(last).toHaveBeenCalledTimes(1);
  });

  it('throws at once where all is synchronous', () => {
    const last = vi.fn<() => void>();
    const body = closing(
      [],
      () => {
        throw new Error('one');
      },
      last,
    );
    expect(() => body.close?.()).toThrow('one');
    expect(last).toHaveBeenCalledTimes(1);
  });

  it('reads the body no sooner than it is read itself, and stops it early', () => {
    const seen: string[] = [];
    function* lazy(): Generator<Uint8Array, void, undefined> {
      try {
        seen.push('started');
        yield bytes('a');
        yield bytes('b');
      } finally {
        seen.push('stopped');
      }
    }
    const body = closing(lazy());
    expect(seen).toEqual([]);
    for (const block of body as Iterable<Uint8Array>) {
      seen.push(show(block));
      break;
    }
    expect(seen).toEqual(['started', 'a', 'stopped']);
  });
});
