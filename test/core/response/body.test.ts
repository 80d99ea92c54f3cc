import { describe, expect, it, vi } from 'vitest';
import { closing, fromClass, html, json, text } from '../../../src/core/response/body.ts';
import { callApplication } from '../../../src/core/call.ts';
import type { BufferedResponse } from '../../../src/core/transport.ts';
import { createEnviron } from '../../../src/core/request/environ.ts';
import { errorStream } from '../../../src/core/request/error-stream.ts';
import { fileWrapper } from '../../../src/core/request/file-wrapper.ts';
import type {
  Application,
  Environ,
  FileLike,
  ResponseBody,
  StartResponse,
} from '../../../src/types.ts';

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

describe('text, html and json', () => {
  it.each([
    ['text', text('Grüße\n'), 'text/plain; charset=utf-8', 'Grüße\n'],
    ['html', html('<p>é'), 'text/html; charset=utf-8', '<p>é'],
    ['json', json({ a: [1, 'é', null] }), 'application/json', '{"a":[1,"é",null]}'],
    ['json null', json(null), 'application/json', 'null'],
  ])('%s', async (_, application, type, content) => {
    const response = await call(application);
    expect(response.status).toBe('200 OK');
    expect(response.headers).toEqual([
      ['Content-Type', type],
      ['Content-Length', String(bytes(content).length)],
    ]);
    expect(show(response.body)).toBe(content);
  });

  it('take a status and headers', async () => {
    const response = await call(text('gone', { status: '410 Gone', headers: [['X-Tag', 'one']] }));
    expect(response.status).toBe('410 Gone');
    expect(response.headers.map(([name]) => name)).toEqual([
      'Content-Type',
      'X-Tag',
      'Content-Length',
    ]);
  });

  it('leave a Content-Type of the caller alone', async () => {
    const { headers } = await call(
      json({}, { headers: [['CONTENT-type', 'application/geo+json']] }),
    );
    expect(headers).toEqual([
      ['CONTENT-type', 'application/geo+json'],
      ['Content-Length', '2'],
    ]);
  });

  it('answer any number of requests', async () => {
    const application = text('again');
    expect(show((await call(application)).body)).toBe('again');
    expect(show((await call(application)).body)).toBe('again');
  });

  it('answer HEAD with the same head and no body', async () => {
    const environ = createEnviron(
      { method: 'HEAD', rawPath: '/', headers: {} },
      { errors: errorStream(console.error) },
    );
    const response = await callApplication(text('Grüße'), environ);
    expect(response.headers).toEqual([
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', '7'],
    ]);
    expect(await text('x')(environ, () => () => {})).toEqual([]);
  });

  it('json says at once what it cannot hold', () => {
    expect(() => json(undefined)).toThrow(/JSON can hold; got undefined/);
    expect(() => json(() => 1)).toThrow(/got function/);
    expect(() => json(1n)).toThrow(TypeError);
  });
});

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

describe('fromClass', () => {
  it('makes one instance a request, closed once', async () => {
    const closed = vi.fn<() => void>();
    class Hello {
      readonly #path: string;
      constructor(environ: Environ, startResponse: StartResponse) {
        startResponse('200 OK', []);
        this.#path = environ.PATH_INFO;
      }
      *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
        yield bytes(`Hello ${this.#path}`);
      }
      close(): void {
        closed();
      }
    }
    expect(show((await call(fromClass(Hello))).body)).toBe('Hello /');
    expect(show((await call(fromClass(Hello))).body)).toBe('Hello /');
    expect(closed).toHaveBeenCalledTimes(2);
  });
});

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
