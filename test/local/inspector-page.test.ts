/**
 * The parts of the page that need no browser: its curl commands, run by curl; its filter; its
 * numbers.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TracedRequest } from '../../src/local/trace.ts';
import { optional } from '../optional.ts';
import { tracedBody } from './traces.ts';

const page = async <Module>(name: string): Promise<Module> =>
  (await import(new URL(`../../src/local/inspector/page/${name}`, import.meta.url).href)) as Module;

interface Line {
  method: string;
  target: string;
  status?: number;
  ms?: number;
  cold: boolean;
  streamed: boolean;
  warnings: number;
  source: string;
  frontId: string;
  functionId: string;
  id: string;
  state: string;
}
const { toCurl } = await page<{ toCurl: (request: TracedRequest, origin?: string) => string }>(
  'curl.js',
);
const { filterOf } = await page<{ filterOf: (text: string) => (line: Line) => boolean }>(
  'filter.js',
);
const { size, duration, visible } = await page<
  Record<'size' | 'duration', (value: number) => string> & { visible: (text: string) => string }
>('format.js');

function found(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const hasCurl = optional('curl', found('curl') && found('bash'), 'apt-get install curl');

describe.runIf(hasCurl)('a curl command', () => {
  let origin = '';
  let received: { method?: string; url?: string; headers: string[]; body: string } | undefined;
  const server = createServer((request, response) => {
    const blocks: Buffer[] = [];
    request.on('data', (block: Buffer) => blocks.push(block));
    request.on('end', () => {
      const { method, url, rawHeaders: headers } = request;
      received = {
        method,
        url,
        headers,
        body: Buffer.concat(blocks).toString('latin1'),
      } as typeof received;
      response.end();
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  async function sent(
    options: Partial<TracedRequest> & { bytes?: Uint8Array },
  ): Promise<typeof received> {
    const { bytes, ...rest } = options;
    const request = { method: 'GET', target: '/', headers: [], body: tracedBody(bytes), ...rest };
    received = undefined;
    await promisify(execFile)('bash', ['-c', `${toCurl(request, origin)} --silent --max-time 10`]);
    return received;
  }
  const values = (name: string): string[] =>
    (received?.headers ?? []).flatMap((text, index, all) =>
      index % 2 === 0 && text.toLowerCase() === name ? [all[index + 1] ?? ''] : [],
    );
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it.each([
    ['GET', '/'],
    ['DELETE', "/it's?a=$HOME&b=`id`"],
    ['HEAD', '/head'],
    ['OPTIONS', '/a/../b/./c//d'],
    ['GET', '/list?ids[]=1&set={1,2}&range=[1-3]'],
    ['PATCH', '/%2F%00?x=%zz&y="!!"'],
  ])('asks %s %s', async (method, target) => {
    expect(await sent({ method, target })).toMatchObject({ method, url: target });
  });

  it('sends headers as they are, repeats and empty ones too', async () => {
    const headers = [
      ['X-Tag', 'one'],
      ['X-Tag', "it's $(id) `id` \\ !"],
      ['X-Empty', ''],
      ['X-Bytes', 'caf\xe9'],
      ['Cookie', 'a=1; b="2"'],
      ['Content-Length', '99'],
    ] as const;
    await sent({ headers });
    expect(values('x-tag')).toEqual(['one', "it's $(id) `id` \\ !"]);
    expect(values('x-empty')).toEqual(['']);
    expect(values('x-bytes')).toEqual(['caf\xe9']);
    expect(values('cookie')).toEqual(['a=1; b="2"']);
    expect(values('content-length')).toEqual([]);
  });

  it.each([
    ['text', bytes('{"a": "it\'s $HOME"}\n')],
    ['what begins with @', bytes('@/etc/passwd')],
    ['UTF-8', bytes('λ – 😀\r\n\t')],
    ['an escape sequence', bytes('\u001b[201~; rm -rf ~')],
    ['bytes', Uint8Array.from({ length: 256 }, (_, index) => index)],
  ])('sends %s', async (_, body) => {
    const headers = [['Content-Type', 'text/x-any']] as const;
    await sent({ method: 'POST', headers, bytes: body });
    expect(received?.body).toBe(Buffer.from(body).toString('latin1'));
    expect(values('content-type')).toEqual(['text/x-any']);
  });

  it('adds no Content-Type', async () => {
    await sent({ method: 'PUT', bytes: bytes('x') });
    expect(received).toMatchObject({ method: 'PUT', body: 'x' });
    expect(values('content-type')).toEqual([]);
  });

  it('holds no character that a terminal would act on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, body) => {
        const value = text.replace(/[^\0-\xff]/gu, '');
        const request = {
          method: 'POST',
          target: '/',
          headers: [['X', value]] as const,
          body: tracedBody(body),
        };
        expect(toCurl(request, origin)).toMatch(/^[ -~\n]*$/);
      }),
    );
  });
});

describe('the filter', () => {
  const line: Line = {
    method: 'POST',
    target: '/items?x=1',
    status: 502,
    ms: 120,
    cold: true,
    streamed: false,
    warnings: 1,
    source: 'rest-api',
    frontId: 'ShopApi',
    functionId: 'EchoFunction',
    id: '8c62951e',
    state: 'failed',
  };

  it.each(
    [
      '',
      '  ',
      '/ITEMS',
      'post',
      '5xx',
      '502',
      '>100ms',
      '<1s',
      'cold failed warning',
      'shop echo',
      'source:rest',
      'function:echo',
      'path:items',
      '-get',
      '-4xx -warm',
      'x=1',
      '8c62',
      '-',
    ].filter((text) => text !== '-'),
  )('%j keeps it', (text) => {
    expect(filterOf(text)(line)).toBe(true);
  });

  it.each([
    'get',
    '4xx',
    '500',
    '>120ms',
    '<100ms',
    'warm',
    'streamed',
    'source:alb',
    'function:shop',
    '-5xx',
    'cold nothing',
  ])('%j drops it', (text) => {
    expect(filterOf(text)(line)).toBe(false);
  });

  it('takes any text without a throw', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof filterOf(text)(line) === 'boolean'));
    expect(filterOf('__proto__:x constructor')(line)).toBe(false);
  });
});

it.each([
  [size, 0, '0 B'],
  [size, 1023, '1023 B'],
  [size, 1536, '1.5 KB'],
  [size, 6_291_556, '6 MB'],
  [duration, 0.04, '0.0 ms'],
  [duration, 9.96, '10.0 ms'],
  [duration, 12.4, '12 ms'],
  [duration, 1250, '1.25 s'],
])('%o of %d is %s', (format, value, text) => {
  expect(format(value)).toBe(text);
});

it('spells out what would change how text is shown', () => {
  expect(visible('a\u202egpj.exe\u0000\n\tλ')).toBe('a\\u202egpj.exe\\u0000\n\tλ');
});
