import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { compress, type CompressOptions, type ContentCoding } from '../../src/middleware.ts';
import type { Application, HeaderList, ResponseBody } from '../../src/types.ts';
import { type ModuleKind, nodes, requireDist, runScript } from '../nodes.ts';
import { type Answer, ask, bytes, environOf } from './support.ts';

type WithZstd = { zstdDecompressSync?: (bytes: Uint8Array) => Buffer };
const { zstdDecompressSync } = zlib as WithZstd;
const hasZstd = zstdDecompressSync !== undefined;

const decode: Record<ContentCoding, (bytes: Uint8Array) => Buffer> = {
  br: zlib.brotliDecompressSync,
  gzip: zlib.gunzipSync,
  zstd: (coded) => zstdDecompressSync!(coded),
};
const codings: ContentCoding[] = hasZstd ? ['br', 'gzip', 'zstd'] : ['br', 'gzip'];
if (!hasZstd) console.warn(`left out: zstd, which Node ${process.version} has not`);

const long = 'to be compressed, '.repeat(200);
const answering =
  (
    body: () => ResponseBody,
    headers: HeaderList = [['Content-Type', 'text/plain']],
    status = '200 OK',
  ): Application =>
  (_environ, startResponse) => {
    startResponse(status, headers);
    return body();
  };
const plain = answering(() => [bytes(long)]);
const get = (
  application: Application,
  accept: string | undefined = 'gzip, br',
  options?: CompressOptions,
  method = 'GET',
): Promise<Answer> =>
  ask(compress(application, options), {
    method,
    headers: accept === undefined ? [] : [['Accept-Encoding', accept]],
  });

describe.each(codings)('%s', (coding) => {
  it('gives the body back', async () => {
    const answer = await get(plain, coding);
    expect(answer.header('content-encoding')).toBe(coding);
    expect(answer.body.length).toBeLessThan(long.length / 10);
    expect(decode[coding](answer.body).toString()).toBe(long);
  });

  it('gives any body back, however it is cut', async () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(100_000).map((length) => new Uint8Array(length).fill(length)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 6 }),
        fc.array(part, { maxLength: 3 }),
        async (blocks, written) => {
          const application: Application = (_environ, startResponse) => {
            const write = startResponse('200 OK', [['Content-Type', 'text/plain']]);
            for (const block of written) void write(block);
            return (async function* () {
              yield* blocks;
            })();
          };
          const answer = await get(application, coding, { threshold: 0 });
          const whole = Buffer.concat([...written, ...blocks]);
          const coded =
            answer.header('content-encoding') === undefined
              ? Buffer.from(answer.body)
              : decode[coding](answer.body);
          expect(Buffer.compare(coded, whole)).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('lets a client read each block before the next is made', async () => {
    let made = 0;
    const streaming = answering(async function* () {
      for (const word of ['one', 'two', 'three']) {
        made++;
        yield bytes(`${word}\n`);
      }
    });
    const headers = { 'Accept-Encoding': coding };
    const body = await compress(streaming)(environOf({ headers }), () => () => {});
    const opened = {
      br: zlib.createBrotliDecompress,
      gzip: zlib.createGunzip,
      zstd: (zlib as unknown as { createZstdDecompress: () => zlib.Gunzip }).createZstdDecompress,
    };
    const reader = opened[coding]();
    let text = '';
    reader.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const seen: [number, string][] = [];
    for await (const block of body) {
      await new Promise((resolve) => reader.write(block, resolve));
      await new Promise((resolve) => setImmediate(resolve));
      if (seen.length < 3) seen.push([made, text]);
    }
    await body.close?.();
    expect(seen).toEqual([
      [1, 'one\n'],
      [2, 'one\ntwo\n'],
      [3, 'one\ntwo\nthree\n'],
    ]);
    reader.destroy();
  });
});

describe('chooses', () => {
  it.each([
    ['gzip, br', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['*', 'br'],
    ['deflate', undefined],
    ['br;q=0, gzip;q=0', undefined],
    [undefined, undefined],
  ])('%j: %s', async (accept, coding) => {
    const answer = await ask(compress(plain), {
      headers: accept === undefined ? [] : [['Accept-Encoding', accept]],
    });
    expect(answer.header('content-encoding')).toBe(coding);
    // A cache must not give one client's coding to another.
    expect(answer.header('vary')).toBe('Accept-Encoding');
  });

  it('of what the deployer offers', async () => {
    expect((await get(plain, 'gzip, br', { encodings: ['gzip'] })).header('content-encoding')).toBe(
      'gzip',
    );
    expect(
      (await get(plain, 'gzip, br', { encodings: [] })).header('content-encoding'),
    ).toBeUndefined();
  });
});

describe('leaves alone', () => {
  const text = ['Content-Type', 'text/plain'] as const;
  it.each<[string, Application]>([
    ['a small list', answering(() => [bytes('small')])],
    ['a small declared length', answering(() => [bytes('small')], [text, ['Content-Length', '5']])],
    ['an empty body', answering(() => [])],
    ['an image', answering(() => [bytes(long)], [['Content-Type', 'image/png']])],
    ['no type', answering(() => [], [])],
    ['what is encoded', answering(() => [bytes(long)], [text, ['Content-Encoding', 'br']])],
    [
      'no-transform',
      answering(() => [bytes(long)], [text, ['Cache-Control', 'public, No-Transform']]),
    ],
    [
      'a part',
      answering(
        () => [bytes(long)],
        [text, ['Content-Range', `bytes 0-9/10`]],
        '206 Partial Content',
      ),
    ],
    ['204', answering(() => [], [], '204 No Content')],
    ['304', answering(() => [], [['ETag', '"a"']], '304 Not Modified')],
  ])('%s', async (_what, application) => {
    const answer = await get(application);
    const bare = await ask(application);
    expect(answer.headers).toEqual(bare.headers);
    expect(Buffer.compare(answer.body, bare.body)).toBe(0);
  });

  it('HEAD of unknown length, but for Vary', async () => {
    const answer = await get(
      answering(() => [], [text]),
      'gzip',
      {},
      'HEAD',
    );
    expect(answer.headers).toEqual([
      ['content-type', 'text/plain'],
      ['vary', 'Accept-Encoding'],
    ]);
  });
});

it('tells HEAD what GET would be', async () => {
  const headers: HeaderList = [
    ['Content-Type', 'text/plain'],
    ['Content-Length', String(long.length)],
  ];
  const application: Application = (environ, startResponse) =>
    answering(() => (environ.REQUEST_METHOD === 'HEAD' ? [] : [bytes(long)]), headers)(
      environ,
      startResponse,
    );
  const [whole, bare] = [
    await get(application, 'gzip'),
    await get(application, 'gzip', {}, 'HEAD'),
  ];
  expect(bare.headers).toEqual(whole.headers);
  expect(bare.header('content-encoding')).toBe('gzip');
  expect(bare.body).toHaveLength(0);
});

it('corrects what no longer holds', async () => {
  const answer = await get(
    answering(
      () => [bytes(long)],
      [
        ['Content-Type', 'application/problem+json; charset=utf-8'],
        ['Content-Length', String(long.length)],
        ['Content-MD5', 'x'],
        ['Accept-Ranges', 'bytes'],
        ['ETag', '"strong"'],
        ['Vary', 'Origin'],
      ],
    ),
    'gzip',
  );
  expect(answer.headers).toEqual([
    ['content-type', 'application/problem+json; charset=utf-8'],
    ['vary', 'Origin, Accept-Encoding'],
    ['etag', 'W/"strong"'],
    ['content-encoding', 'gzip'],
  ]);
});

it('decides anew for an error page', async () => {
  const answer = await get((_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'image/png']]);
    startResponse('500 Sorry', [['Content-Type', 'text/html']], new Error('the reason'));
    return [bytes(long)];
  });
  expect([answer.status, answer.header('content-encoding')]).toEqual([500, 'br']);
});

it('compresses what streams, whatever its length will be', async () => {
  const answer = await get(
    answering(async function* () {
      yield bytes('tiny');
    }),
  );
  expect(answer.header('content-encoding')).toBe('br');
});

it('frees its compressor on every ending', async () => {
  const before = process.getActiveResourcesInfo().length;
  for (let round = 0; round < 20; round++) {
    const endless = answering(async function* () {
      for (;;) yield bytes(long);
    });
    const body = await compress(endless)(
      environOf({ headers: { 'Accept-Encoding': 'gzip' } }),
      () => () => {},
    );
    const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await body.close?.();
  }
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 2);
});

describe.each(nodes)('on Node $version', (node) => {
  beforeAll(requireDist);

  it.each<ModuleKind>(['module', 'commonjs'])('has the codings of that Node (%s)', async (kind) => {
    const load = kind === 'module' ? 'await import(name)' : 'require(name)';
    const outcome = await runScript(node, kind, SCRIPT.replaceAll('LOAD', load));
    const codings =
      Number(node.version.split('.')[0]?.slice(1)) > 20 ? ['br', 'gzip', 'zstd'] : ['br', 'gzip'];
    expect(outcome).toEqual({ codings, early: [], undici: [] });
  });
});

/**
 * Each coding the Node has gives the body back; what `zlib` and undici cost is not paid before they
 * are used.
 */
const SCRIPT = `
  const text = 'to be compressed, '.repeat(500);
  const loaded = (pattern) => process.moduleLoadList.filter((name) => pattern.test(name));
  const decoders = { br: 'brotliDecompressSync', gzip: 'gunzipSync', zstd: 'zstdDecompressSync' };
  async function main() {
    let name = 'gatecall/middleware';
    const { compress, accessLog, etag } = LOAD;
    name = 'gatecall/gateway';
    const { callApplication, createEnviron, errorStream } = LOAD;
    name = 'gatecall';
    const { text: answer } = LOAD;
    const application = compress(etag(accessLog(answer(text), { log() {} })));
    const early = loaded(/^NativeModule (zlib|undici)/);
    const codings = [];
    for (const coding of Object.keys(decoders)) {
      const facts = { method: 'GET', rawPath: '/', headers: { 'accept-encoding': coding } };
      const environ = createEnviron(facts, { errors: errorStream(console.error) });
      const { headers, body } = await callApplication(application, environ);
      if (!headers.some(([name, value]) => name === 'Content-Encoding' && value === coding)) continue;
      const zlib = process.getBuiltinModule('node:zlib');
      if (zlib[decoders[coding]](body).toString() === text) codings.push(coding);
    }
    console.log(JSON.stringify({ codings, early, undici: loaded(/undici/i) }));
  }
  main();`;

it.each([
  [{ level: 9 }, /compress has no option level; it has encodings/],
  [{ encodings: ['deflate'] }, /as option encodings/],
  [{ threshold: -1 }, /as option threshold/],
])('refuses %j', (options, message) => {
  expect(() => compress(plain, options as never)).toThrow(message);
});
