import { describe, expect, it, vi } from 'vitest';
import { fromClass, html, json, text } from '../../../src/core/response/answers.ts';
import { callApplication } from '../../../src/core/call.ts';
import type { BufferedResponse } from '../../../src/core/transport.ts';
import { createEnviron } from '../../../src/core/request/environ.ts';
import { errorStream } from '../../../src/core/request/error-stream.ts';
import type { Application, Environ, StartResponse } from '../../../src/types.ts';

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
