/**
 * The bridge member by member. What listeners do in sequence is in node-differential.test.ts,
 * frameworks in frameworks.test.ts.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as immediate, setTimeout as timeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  environOf,
  fromNodeListener,
  type NodeApplication,
  type NodeListener,
} from '../../src/bridges/node.ts';
import { callApplication } from '../../src/core/call.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import type { RequestParts, ServerInfo } from '../../src/core/request/request-parts.ts';
import { DeadlineExceeded } from '../../src/core/errors.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { streamedInput } from '../../src/core/request/input.ts';
import { closing } from '../../src/core/response/body.ts';
import type { BufferedResponse, Transport } from '../../src/core/transport.ts';
import type { Application, Environ } from '../../src/types.ts';
import { shiftPathInfo } from '../../src/core/request/url.ts';
import { validator } from '../../src/validator.ts';

const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function environ(
  facts: Partial<RequestParts> = {},
  log: string[] = [],
  server: Partial<ServerInfo> = {},
): Environ {
  return createEnviron(
    { method: 'GET', rawPath: '/', headers: { host: 'example.com' }, ...facts },
    { errors: errorStream((line) => log.push(line)), ...server },
  );
}

/** The response of a listener, under the validator. */
async function call(
  listener: NodeApplication,
  facts: Partial<RequestParts> = {},
  log: string[] = [],
): Promise<BufferedResponse> {
  return callApplication(validator(fromNodeListener(listener)), environ(facts, log));
}

/** What a listener sees of a request. */
async function seen<T>(
  read: (request: IncomingMessage, response: ServerResponse) => T | Promise<T>,
  facts: Partial<RequestParts> = {},
  server: Partial<ServerInfo> = {},
): Promise<T> {
  let value: T | undefined;
  const listener: NodeListener = async (request, response) => {
    value = await read(request, response);
    response.end();
  };
  await callApplication(fromNodeListener(listener), environ(facts, [], server));
  return value as T;
}

describe('the request', () => {
  it('is an IncomingMessage, and its response a ServerResponse', async () => {
    const classes = await seen((request, response) => [
      request instanceof http.IncomingMessage,
      request instanceof Readable,
      response instanceof http.ServerResponse,
      response instanceof http.OutgoingMessage,
      response.req === request,
      Object.getPrototypeOf(response) === http.ServerResponse.prototype,
    ]);
    expect(classes).toEqual([true, true, true, true, true, true]);
  });

  it.each([
    ['/a%2Fb/%C3%A9?x=%20', [], '/a%2Fb/%C3%A9?x=%20', undefined, undefined],
    ['/shop%2Fa', ['/shop'], '/a', '/shop%2Fa', '/shop'],
    ['/shop/a%2Fb?x=1', ['/shop'], '/a%2Fb?x=1', '/shop/a%2Fb?x=1', '/shop'],
    ['/shop', ['/shop'], '/', '/shop', '/shop'],
    ['/shop?x=1', ['/shop'], '/?x=1', '/shop?x=1', '/shop'],
    ['/shop/', ['/shop'], '/', '/shop/', '/shop'],
  ])('has the target %s below %j as url', async (target, basePath, url, originalUrl, baseUrl) => {
    const [rawPath = '', query] = target.split('?');
    const urls = await seen(
      (request) => {
        const express = request as IncomingMessage & { originalUrl: string; baseUrl?: string };
        return [request.url, express.originalUrl, express.baseUrl];
      },
      { rawPath, query },
      { basePath },
    );
    expect(urls).toEqual([url, originalUrl, baseUrl]);
  });

  it('follows a middleware that moves down the path', async () => {
    const listener = fromNodeListener((request, response) => response.end(request.url));
    const moved = environ({ rawPath: '/caf%C3%A9/a%2Fb/c d' });
    expect(shiftPathInfo(moved)).toBe('caf\u00c3\u00a9');
    expect(decode((await callApplication(listener, moved)).body)).toBe('/a/b/c%20d');
  });

  it('has method, version, client and port', async () => {
    const read = (request: IncomingMessage): unknown[] => [
      request.method,
      request.httpVersion,
      request.httpVersionMajor,
      request.httpVersionMinor,
      request.socket.remoteAddress,
      request.socket.remoteFamily,
      (request.socket as unknown as { encrypted: boolean }).encrypted,
      request.connection === request.socket,
      request.socket.localPort,
      request.aborted,
      request.trailers,
      request.rawTrailers,
    ];
    const facts = { method: 'PURGE', remoteAddress: '2001:db8::1', protocol: 'HTTP/1.0' };
    expect(await seen(read, facts)).toEqual([
      'PURGE',
      '1.0',
      1,
      0,
      '2001:db8::1',
      'IPv6',
      true,
      true,
      443,
      false,
      {},
      [],
    ]);
    const plain = { scheme: 'http', remoteAddress: '192.0.2.1', protocol: 'HTTP/2.0' } as const;
    expect(await seen(read, plain)).toEqual([
      'GET',
      '1.1',
      1,
      1,
      '192.0.2.1',
      'IPv4',
      false,
      true,
      80,
      false,
      {},
      [],
    ]);
  });

  it('has headers as Node has them', async () => {
    const headers = [
      ['Host', 'example.com'],
      ['X-Tag', 'one'],
      ['X-Tag', 'two'],
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2'],
      ['User-Agent', 'first'],
      ['User-Agent', 'second'],
    ] as const;
    const [raw, one, distinct] = await seen(
      (request) => [request.rawHeaders, request.headers, request.headersDistinct],
      { headers },
    );
    expect(raw).toContain('X-Tag');
    // As Node's own IncomingMessage makes of the same list: a repeated User-Agent is dropped.
    expect(one).toEqual({
      host: 'example.com',
      'x-tag': 'one, two',
      cookie: 'a=1; b=2',
      'user-agent': 'first',
    });
    expect(Object.getPrototypeOf(one)).toBe(Object.prototype);
    expect(distinct).toMatchObject({ 'x-tag': ['one', 'two'], host: ['example.com'] });
  });

  it.each([
    ['no body', {}, undefined, undefined],
    ['no body and a wrong length', { headers: { 'content-length': '5' } }, '0', undefined],
    ['a body nobody announced', { body: encode('abc') }, '3', undefined],
    [
      'a chunked body',
      { body: encode('abc'), headers: { 'transfer-encoding': 'chunked' } },
      '3',
      undefined,
    ],
    [
      'a chunked stream',
      { input: streamedInput([encode('abc')]), headers: { 'transfer-encoding': 'chunked' } },
      undefined,
      'chunked',
    ],
    ['a stream of nothing', { input: streamedInput([]) }, undefined, undefined],
  ] as const)('with %s looks to type-is as behind node:http', async (_, facts, length, coding) => {
    const { headers } = await seen(async (request) => {
      await buffer(request);
      return request;
    }, facts as Partial<RequestParts>);
    expect([headers['content-length'], headers['transfer-encoding']]).toEqual([length, coding]);
  });

  it.each([
    ['in memory', () => ({ body: encode('hello') })],
    ['in a stream', () => ({ input: streamedInput([encode('hel'), encode('lo')]) })],
  ])('gives a body %s to every kind of reader', async (_, facts) => {
    const readers: Record<string, (request: IncomingMessage) => Promise<string>> = {
      iterate: text,
      data: async (request) => {
        const blocks: Buffer[] = [];
        request.on('data', (block: Buffer) => blocks.push(block));
        await new Promise((resolve) => request.on('end', resolve));
        return Buffer.concat(blocks).toString();
      },
      readable: async (request) => {
        let all = '';
        request.setEncoding('utf8');
        request.on('readable', () => {
          for (let block: unknown = request.read(); block !== null; block = request.read())
            all += block as string;
        });
        await new Promise((resolve) => request.on('end', resolve));
        return all;
      },
      late: async (request) => {
        await timeout(5);
        return text(request);
      },
    };
    for (const read of Object.values(readers)) {
      const result = await seen(
        async (request) => [await read(request), request.complete, request.readableEnded],
        facts(),
      );
      expect(result).toEqual(['hello', true, true]);
    }
  });

  it('ends for those who wait, although nobody reads it', async () => {
    const events: string[] = [];
    await call(
      (request, response) => {
        request.on('end', () => events.push('end')).on('close', () => events.push('close'));
        response.end();
      },
      { body: encode('unread') },
    );
    await timeout(5);
    expect(events).toEqual(['end', 'close']);
  });

  it('ends for those who begin to wait when the response is over', async () => {
    const events: string[] = [];
    await call((request, response) => {
      response.on('close', () => request.on('end', () => events.push('end')));
      response.end();
    });
    await timeout(5);
    expect(events).toEqual(['end']);
  });

  it('leads to its environ', async () => {
    const id = await seen((request) => environOf(request)['gatecall.raw_path']);
    expect(id).toBe('/');
    expect(() => environOf({ socket: {} })).toThrow(
      /environOf\(\) takes the request of a listener behind fromNodeListener/,
    );
    expect(() => environOf({ socket: null })).toThrow(TypeError);
  });
});

describe('the response', () => {
  it('in one go is a list of one block with its length', async () => {
    const response = await call((_, response) => {
      response.setHeader('Content-Type', 'text/plain');
      response.end('hello');
    });
    expect(response).toMatchObject({
      status: '200 OK',
      headers: [
        ['Content-Type', 'text/plain'],
        ['Content-Length', '5'],
      ],
    });
    expect(decode(response.body)).toBe('hello');
  });

  it('is there at once when the listener ends at once', () => {
    const body = fromNodeListener((_, response) => response.end('x'))(environ(), () => () => {});
    expect(body).toBeInstanceOf(Array);
  });

  it('drops what speaks of the connection', async () => {
    const { headers } = await call((_, response) => {
      response.writeHead(200, {
        Connection: 'close',
        'Keep-Alive': 'timeout=5',
        'Transfer-Encoding': 'chunked',
        Status: '200',
        'X-Mine': 'yes',
      });
      response.end('x');
    });
    expect(headers).toEqual([['X-Mine', 'yes']]);
  });

  it.each([
    ['HEAD', 200, 'HEAD'],
    ['204', 204, 'GET'],
    ['304', 304, 'GET'],
  ])('to %s has no body and no invented length', async (_, code, method) => {
    const { headers, body } = await call(
      (_, response) => {
        response.statusCode = code;
        response.write('ignored');
        response.end('ignored');
      },
      { method },
    );
    expect([headers, body.length]).toEqual([[], 0]);
  });

  it.each([
    [100, /a status is three digits from 200 on/],
    [199, /a status is three digits from 200 on/],
  ])('with the final status %i is refused', async (code, message) => {
    const log: string[] = [];
    const response = await callApplication(
      fromNodeListener((_, response) => response.writeHead(code).end()),
      environ({}, log),
    );
    expect(response.status).toBe('500 Internal Server Error');
    expect(log.join()).toMatch(message);
  });

  it.each([
    ['too short', '10', 500, /ended after 5 of the 10 bytes/],
    ['too long', '3', 200, /longer than its Content-Length/],
    ['no number', 'x', 500, /Content-Length is given once, in digits/],
  ])('with a length that is %s is not passed on as it is', async (_, length, status, message) => {
    const log: string[] = [];
    const response = await callApplication(
      fromNodeListener((_, response) => {
        response.setHeader('Content-Length', length);
        response.end('hello');
      }),
      environ({}, log),
    );
    expect([Number.parseInt(response.status, 10), log.length]).toEqual([status, 1]);
    expect(log[0]).toMatch(message);
  });

  it('does what others have put in place of its methods', async () => {
    const called: string[] = [];
    const { prototype } = http.ServerResponse;
    const inherited = vi.spyOn(prototype, 'setHeader').mockImplementation(function (
      this: ServerResponse,
      name,
      value,
    ) {
      called.push(name);
      return http.OutgoingMessage.prototype.setHeader.call(this, name, value) as ServerResponse;
    });
    try {
      const { headers } = await call((_, response) => {
        const { writeHead } = response;
        // As on-headers, and so compression and express-session.
        response.writeHead = (code: number) => {
          response.setHeader('X-Late', '1');
          return writeHead.call(response, code);
        };
        response.setHeader('X-Early', 2);
        response.end();
      });
      expect([called, headers.map(([name]) => name)]).toEqual([
        ['X-Early', 'X-Late'],
        ['X-Early', 'X-Late', 'Content-Length'],
      ]);
    } finally {
      inherited.mockRestore();
    }
  });

  it('takes a status code that is a string for a number', async () => {
    let code: unknown;
    const { status, body } = await call((_, response) => {
      response.statusCode = '204' as unknown as number;
      response.end('ignored');
      code = response.statusCode;
    });
    expect([status, body.length, code]).toEqual(['204 No Content', 0, 204]);
  });

  it('has the headers that were set, by every way of asking', async () => {
    const answers = await seen((_, response) => {
      response.setHeader('X-One', 'a').setHeader('x-one', 'b').setHeader('X-Two', ['c', 'd']);
      response.appendHeader('X-One', 'e').setHeader('Gone', '').removeHeader('gone');
      return [
        response.getHeaders(),
        response.getHeaderNames(),
        (response as unknown as { getRawHeaderNames(): string[] }).getRawHeaderNames(),
        [
          response.hasHeader('X-ONE'),
          response.hasHeader('constructor'),
          response.getHeader('x-two'),
        ],
      ];
    });
    expect(answers).toEqual([
      { 'x-one': ['b', 'e'], 'x-two': ['c', 'd'] },
      ['x-one', 'x-two'],
      ['x-one', 'X-Two'],
      [true, false, ['c', 'd']],
    ]);
    const unfit = [
      ['a b', 'x'],
      ['X', 'a\nb'],
      ['X', undefined],
      [5, 'x'],
    ] as const;
    const codes = await seen((_, response) =>
      unfit.map(([name, value]) => {
        try {
          response.setHeader(name as string, value as string);
          return 'set';
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      }),
    );
    expect(codes).toEqual([
      'ERR_INVALID_HTTP_TOKEN',
      'ERR_INVALID_CHAR',
      'ERR_HTTP_INVALID_HEADER_VALUE',
      'ERR_INVALID_HTTP_TOKEN',
    ]);
  });

  it('has at most 40 members, and the prototype it is given', async () => {
    const count = await seen((_, response) => Reflect.ownKeys(response).length);
    expect(count).toBeLessThanOrEqual(40);
  });

  it('ignores informational responses, but calls back', async () => {
    const called: string[] = [];
    const { status } = await call(async (_, response) => {
      response.writeContinue(() => called.push('continue'));
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => called.push('hints'));
      await immediate();
      response.end();
    });
    expect([status, called]).toEqual(['200 OK', ['continue', 'hints']]);
  });
});

/** Takes blocks one by one, each when it is told to. */
class Slow implements Transport {
  status = '';
  blocks: string[] = [];
  ended = false;
  aborted: unknown;
  #waiting: (() => void)[] = [];

  begin(status: string): void {
    this.status = status;
  }

  send(block: Uint8Array): Promise<void> {
    this.blocks.push(`${block.length}`);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  end(): void {
    this.ended = true;
  }

  abort(error: unknown): void {
    this.aborted = error;
  }

  take(): void {
    this.#waiting.shift()?.();
  }
}

describe('a streamed response', () => {
  it('flows block by block, and holds the listener back', async () => {
    const log: string[] = [];
    const transport = new Slow();
    const done = callApplication(
      validator(
        fromNodeListener(async (_, response) => {
          response.setHeader('Content-Type', 'text/plain');
          log.push(`small ${response.write('small', () => log.push('small is through'))}`);
          log.push(
            `large ${response.write(Buffer.alloc(200_000))} ${response.writableLength > 0} ${response.writableNeedDrain}`,
          );
          await new Promise((resolve) => response.once('drain', resolve));
          log.push(`drained ${response.writableNeedDrain}`);
          response.end('end');
        }),
      ),
      environ({}, log),
      { transport },
    );
    await timeout(5);
    expect([log, transport.blocks]).toEqual([['small true', 'large false true true'], ['5']]);
    transport.take();
    await timeout(5);
    expect(transport.blocks).toEqual(['5', '200000']);
    expect(log).not.toContain('drained false');
    transport.take();
    await timeout(5);
    expect(log.slice(2)).toEqual(['small is through', 'drained false']);
    transport.take();
    await done;
    expect([transport.blocks, transport.ended]).toEqual([['5', '200000', '3'], true]);
  });

  it('copies a buffer that the listener may use again', async () => {
    const reused = Buffer.from('one');
    const { body } = await call(async (_, response) => {
      await new Promise((resolve) => response.write(reused, resolve));
      reused.write('two');
      response.end(reused);
    });
    expect(decode(body)).toBe('onetwo');
  });

  it('tells the listener when its reader goes away', async () => {
    const events: string[] = [];
    const listener = fromNodeListener((request, response) => {
      request
        .on('aborted', () => events.push('aborted'))
        .on('error', (error: NodeJS.ErrnoException) => events.push(`${error.code}`));
      response.on('finish', () => events.push('finish')).on('close', () => events.push('close'));
      response.write('a');
      setTimeout(() => response.write('b'), 2);
    });
    const first: Application = async (environ, startResponse) => {
      const body = await listener(environ, startResponse);
      return closing(
        {
          async *[Symbol.asyncIterator]() {
            for await (const block of body) {
              yield block;
              return;
            }
          },
        },
        () => body.close?.(),
      );
    };
    await callApplication(first, environ());
    await timeout(10);
    expect(events).toEqual(['aborted', 'close', 'ECONNRESET']);
  });

  it('is not cut off when its reader has all that was announced', async () => {
    const events: string[] = [];
    const { body } = await call(async (request, response) => {
      request.on('aborted', () => events.push('aborted'));
      response.on('finish', () => events.push('finish')).on('close', () => events.push('close'));
      response.setHeader('Content-Length', 3);
      response.write('abc');
      await timeout(5);
      response.end();
    });
    await timeout(10);
    expect([decode(body), events]).toEqual(['abc', ['finish', 'close']]);
  });
});

describe('many small writes', () => {
  /** ms for so many writes, the best of three. */
  async function cost(count: number, gap: boolean): Promise<number> {
    const times: number[] = [];
    for (let run = 0; run < 3; run++) {
      const start = performance.now();
      const { body } = await callApplication(
        fromNodeListener((_, response) => {
          const write = (): void => {
            for (let index = 0; index < count; index++) response.write('x');
            response.end();
          };
          if (!gap) return write();
          response.flushHeaders();
          setTimeout(write, 1);
        }),
        environ(),
      );
      times.push(performance.now() - start);
      expect(body.length).toBe(count);
    }
    return Math.min(...times);
  }

  it.each([
    ['in the turn of the listener', false],
    ['to a body that is being pulled', true],
  ])('%s take time in proportion to their number', async (_, gap) => {
    await cost(1000, gap);
    // On a busy machine a measure may be wrong, so one good one of twelve counts.
    const ratios: number[] = [];
    while (ratios.length < 12 && !ratios.some((ratio) => ratio < 6)) {
      const few = await cost(25_000, gap);
      ratios.push((await cost(100_000, gap)) / few);
    }
    expect(Math.min(...ratios)).toBeLessThan(6);
  });

  it('keep their order and their bytes, in blocks of at most 16 KB', async () => {
    const sizes = [1, 0, 16_383, 1, 2, 20_000, 5, 16_380, 3, 7];
    const blocks: number[] = [];
    const sent: number[] = [];
    const transport: Transport = {
      begin() {},
      send(block) {
        blocks.push(block.length);
        sent.push(...block);
      },
      end() {},
      abort() {},
    };
    const written: number[] = [];
    await callApplication(
      fromNodeListener((_, response) => {
        response.flushHeaders();
        setTimeout(() => {
          for (const [index, size] of sizes.entries()) {
            const bytes = Array.from({ length: size }, (_, at) => (at + index) % 251);
            written.push(...bytes);
            response.write(Uint8Array.from(bytes));
          }
          response.end('!');
          written.push(33);
        }, 2);
      }),
      environ(),
      { transport },
    );
    expect(sent).toEqual(written);
    expect(Math.max(...blocks.filter((size) => size !== 20_000))).toBeLessThanOrEqual(16_384);
    expect(blocks.length).toBeLessThan(sizes.length);
  });
});

describe('the last events of a response', () => {
  const ends: Record<string, NodeListener> = {
    'at once': (_, response) => response.end('x'),
    'after a promise': async (_, response) => {
      await Promise.resolve();
      response.end('x');
    },
    'after a timer': async (_, response) => {
      await timeout(2);
      response.end('x');
    },
    'in blocks': async (_, response) => {
      response.write('a');
      await timeout(2);
      response.end('b');
    },
  };

  it.each(Object.entries(ends))('ended %s, come before the gateway has it', async (_, listener) => {
    for (const event of ['finish', 'close', 'end callback']) {
      let heard = false;
      await call((request, response) => {
        if (event === 'end callback') {
          const { end } = response;
          response.end = ((chunk: string) =>
            end.call(response, chunk, 'utf8', () => (heard = true))) as typeof end;
        } else response.on(event, () => (heard = true));
        return listener(request, response);
      });
      expect([event, heard]).toEqual([event, true]);
    }
  });

  it('whose listener throws do not keep the response', async () => {
    const caught: string[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => caught.push(error.message));
    try {
      for (const event of ['finish', 'close']) {
        const { status } = await callApplication(
          fromNodeListener((_, response) => {
            response.on(event, () => {
              throw new Error(event);
            });
            response.end('x');
          }),
          environ(),
        );
        expect(status).toBe('200 OK');
      }
      await timeout(2);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    }
    expect(caught).toEqual(['finish', 'close']);
  });
});

describe('a request with a body that is there', () => {
  it.each([
    ['in memory', () => ({ body: encode('abc') }), true],
    ['of no bytes', () => ({}), true],
    ['in a stream', () => ({ input: streamedInput([encode('abc')]) }), false],
  ])('%s is complete when it has all come', async (_, facts, complete) => {
    expect(await seen((request) => request.complete, facts())).toBe(complete);
    const after = await seen(async (request) => {
      await text(request);
      return request.complete;
    }, facts());
    expect(after).toBe(true);
  });
});

describe('a listener that fails', () => {
  const boom = new Error('boom');
  it.each<[string, NodeListener, RegExp]>([
    [
      'throws',
      () => {
        throw boom;
      },
      /boom/,
    ],
    [
      'rejects',
      async () => {
        throw boom;
      },
      /boom/,
    ],
    [
      'rejects later',
      async () => {
        await timeout(2);
        throw boom;
      },
      /boom/,
    ],
    ['destroys its response', (_, response) => response.destroy(), /destroyed before it was ended/],
    ['destroys its response with a reason', (_, response) => response.destroy(boom), /boom/],
    ['destroys its request', (request) => request.destroy(boom), /boom/],
    [
      'destroys the socket later',
      (request) => {
        setTimeout(() => request.socket.destroy(), 2);
      },
      /destroyed before it was ended/,
    ],
    [
      'fails half-way',
      async (_, response) => {
        response.write('half');
        await timeout(2);
        throw boom;
      },
      /boom/,
    ],
    [
      'destroys half-way',
      (_, response) => {
        response.write('half');
        setTimeout(() => response.destroy(boom), 2);
      },
      /boom/,
    ],
    [
      'pipes a stream that breaks',
      (_, response) => {
        const source = new Readable({ read: () => source.destroy(boom) });
        source.on('error', (error) => response.destroy(error));
        source.pipe(response);
      },
      /boom/,
    ],
    [
      'lets its response time out',
      (_, response) => {
        response.setTimeout(5);
      },
      /nothing was written for the 5 ms/,
    ],
  ])('%s: a 500 and a line in the log', async (_, listener, reason) => {
    const log: string[] = [];
    const { status, body } = await callApplication(fromNodeListener(listener), environ({}, log));
    expect([status, decode(body)]).toEqual([
      '500 Internal Server Error',
      'Internal Server Error\n',
    ]);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(reason);
  });

  it('writes one line of log, whatever the client wrote', async () => {
    const log: string[] = [];
    const facts = { method: 'GET\r\nforged: \x1b[31m', rawPath: '/a\r\nb\x1b[31m' };
    await callApplication(
      fromNodeListener((_, response) => {
        response.end('x');
        throw new Error('late');
      }),
      environ(facts, log),
    );
    expect(log.join('\n').split('\n')[0]).toBe(
      'GET\\x0d\\x0aforged: \\x1b[31m /a%0D%0Ab%1B[31m: after the response had ended',
    );
  });

  it.each<[string, NodeListener]>([
    [
      'throws',
      (_, response) => {
        response.end('whole');
        throw boom;
      },
    ],
    [
      'rejects',
      async (_, response) => {
        response.end('whole');
        await Promise.resolve();
        throw boom;
      },
    ],
    [
      'writes',
      (_, response) => {
        response.end('whole');
        response.write('more');
      },
    ],
  ])('that %s after its response keeps it, and is logged', async (_, listener) => {
    const log: string[] = [];
    const { status, body } = await callApplication(fromNodeListener(listener), environ({}, log));
    await timeout(2);
    expect([status, decode(body)]).toEqual(['200 OK', 'whole']);
    expect(log.join()).toMatch(/after the response had ended\n.*(boom|write after end)/);
  });

  it('is told that the time is over, and the client gets a 504', async () => {
    const deadline = new AbortController();
    const events: string[] = [];
    const log: string[] = [];
    const late = environ({}, log);
    late['gatecall.signal'] = deadline.signal;
    const done = callApplication(
      fromNodeListener((request, response) => {
        request
          .on('aborted', () => events.push('aborted'))
          .on('close', () => events.push('request close'));
        response.on('close', () => events.push('response close'));
      }),
      late,
    );
    await timeout(2);
    deadline.abort(new DeadlineExceeded('500 ms are left'));
    expect((await done).status).toBe('504 Gateway Timeout');
    await timeout(2);
    expect([events, log.length]).toEqual([['aborted', 'response close', 'request close'], 1]);
    expect(log[0]).toMatch(/500 ms are left/);
  });

  it('leaves a timeout alone that somebody listens for', async () => {
    const { status, body } = await call((_, response) => {
      response.setTimeout(3, () => response.end('timed out'));
    });
    expect([status, decode(body)]).toEqual(['200 OK', 'timed out']);
  });
});

describe('fromNodeListener', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'app'],
    ['a plain object', {}],
    ['a router of another kind', { handle: () => {} }],
  ])('refuses %s at once', (_, given) => {
    expect(() => fromNodeListener(given as never)).toThrow(
      /^fromNodeListener\(\) takes a function \(request, response\), an Express, .*; got /,
    );
  });

  it('takes an http.Server that does not listen', async () => {
    const server = http.createServer((request, response) => response.end(`server ${request.url}`));
    expect(decode((await call(server)).body)).toBe('server /');
    const log: string[] = [];
    expect((await call(http.createServer(), {}, log)).status).toMatch(/^500/);
    expect(log[0]).toMatch(/no listener for 'request'/);
  });

  it('prepares a framework once, before its first request, and again after a failure', async () => {
    const ready = vi
      .fn<() => Promise<unknown>>()
      .mockRejectedValueOnce(new Error('no database'))
      .mockResolvedValue(undefined);
    const fastify = {
      ready,
      routing: (_: IncomingMessage, response: ServerResponse) => response.end('routed'),
    };
    const application = fromNodeListener(fastify);
    expect(ready).not.toHaveBeenCalled();
    expect((await callApplication(application, environ())).status).toMatch(/^500/);
    const [one, two] = await Promise.all([
      callApplication(application, environ()),
      callApplication(application, environ()),
    ]);
    await callApplication(application, environ());
    expect([decode(one.body), decode(two.body), ready.mock.calls.length]).toEqual([
      'routed',
      'routed',
      2,
    ]);
  });

  it('keeps concurrent requests apart', async () => {
    const application = fromNodeListener(async (request, response) => {
      await timeout(Number(request.headers['x-wait']));
      response.setHeader('X-Id', String(request.headers['x-id']));
      response.end(await text(request));
    });
    const ids = Array.from({ length: 30 }, (_, index) => String(index));
    const responses = await Promise.all(
      ids.map(async (id) =>
        callApplication(
          application,
          environ({
            headers: { 'x-id': id, 'x-wait': String((Number(id) * 7) % 5) },
            body: encode(`body ${id}`),
          }),
        ),
      ),
    );
    expect(responses.map(({ headers, body }) => [headers[0]?.[1], decode(body)])).toEqual(
      ids.map((id) => [id, `body ${id}`]),
    );
  });
});
