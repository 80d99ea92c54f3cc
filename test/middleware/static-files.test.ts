import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { callApplication } from '../../src/core/call.ts';
import { parseHttpDate } from '../../src/http/date.ts';
import { mount, staticFiles, type StaticFilesOptions } from '../../src/middleware.ts';
import { optional } from '../optional.ts';
import { type Answer, type Ask, ask, environOf, show } from './support.ts';

let folder: string;
let root: string;
const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
const page = '<!doctype html><p>Hello</p>\n';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatecall-static-'));
  root = join(folder, 'public');
  mkdirSync(join(root, 'folder/deep'), { recursive: true });
  mkdirSync(join(root, 'empty'));
  mkdirSync(join(root, '.git'));
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  mkdirSync(join(folder, 'public-not'));
  writeFileSync(join(folder, 'public-not/secret.txt'), 'secret');
  writeFileSync(join(root, 'index.html'), page);
  writeFileSync(join(root, 'folder/index.html'), 'folder');
  writeFileSync(join(root, 'folder/deep/café %2f.txt'), 'deep');
  writeFileSync(join(root, 'data.bin'), content);
  writeFileSync(join(root, 'nothing.txt'), '');
  writeFileSync(join(root, 'app.js'), 'plain');
  writeFileSync(join(root, 'app.js.br'), brotliCompressSync('plain'));
  writeFileSync(join(root, 'app.js.gz'), gzipSync('plain'));
  writeFileSync(join(root, '.env'), 'secret');
  writeFileSync(join(root, '.git/config'), 'secret');
  symlinkSync(join(root, 'index.html'), join(root, 'inside.html'));
  symlinkSync(join(folder, 'secret.txt'), join(root, 'outside.txt'));
  symlinkSync(folder, join(root, 'up'));
  symlinkSync(join(root, 'loop'), join(root, 'loop'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const beyond = text('the application', { status: '404 Not Found' });
const files = (options: Partial<StaticFilesOptions> = {}): ReturnType<typeof staticFiles> =>
  staticFiles(beyond, { root, ...options });
const get = (
  rawPath: string,
  request: Ask = {},
  options?: Partial<StaticFilesOptions>,
): Promise<Answer> => ask(files(options), { rawPath, ...request });

/** Files of ours this process has open. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}
const countsDescriptors = optional('/proc', existsSync('/proc/self/fd'), 'run on Linux');

describe('a file', () => {
  it('comes with what a client needs to know', async () => {
    const answer = await get('/data.bin');
    expect(answer.status).toBe(200);
    expect(Buffer.compare(answer.body, content)).toBe(0);
    expect(answer.header('content-type')).toBe('application/octet-stream');
    expect(answer.header('content-length')).toBe('200000');
    expect(answer.header('accept-ranges')).toBe('bytes');
    expect(answer.header('cache-control')).toBe('public, max-age=0');
    expect(answer.header('etag')).toMatch(/^"[a-z0-9]+-[a-z0-9]+"$/);
    expect(parseHttpDate(answer.header('last-modified') ?? '')).toBeGreaterThan(1.5e12);
  });

  it('comes in blocks, never as a whole', async () => {
    const body = await files()(environOf({ rawPath: '/data.bin' }), () => () => {});
    const lengths: number[] = [];
    for await (const block of body) lengths.push(block.length);
    await body.close?.();
    expect(lengths).toEqual([65536, 65536, 65536, 3392]);
  });

  it.each([
    ['/index.html', 'text/html; charset=utf-8', page],
    ['/', 'text/html; charset=utf-8', page],
    ['', 'text/html; charset=utf-8', page],
    ['/folder/', 'text/html; charset=utf-8', 'folder'],
    ['/folder/deep/caf%C3%A9%20%252f.txt', 'text/plain; charset=utf-8', 'deep'],
    ['/nothing.txt', 'text/plain; charset=utf-8', ''],
    ['/inside.html', 'text/html; charset=utf-8', page],
  ])('%j is %s', async (path, type, expected) => {
    const answer = await get(path);
    expect([answer.status, answer.header('content-type'), answer.text]).toEqual([
      200,
      type,
      expected,
    ]);
  });

  it('answers HEAD with the head of GET', async () => {
    const [whole, bare] = [await get('/data.bin'), await get('/data.bin', { method: 'HEAD' })];
    expect(bare.headers).toEqual(whole.headers);
    expect(bare.body).toHaveLength(0);
  });

  it('is found below a mount, and redirects there', async () => {
    const site = mount({ '/static': files() });
    expect((await ask(site, { rawPath: '/static/index.html' })).text).toBe(page);
    const redirect = await ask(site, { rawPath: '/static/folder', query: 'a=1' });
    expect([redirect.status, redirect.header('location')]).toEqual([301, '/static/folder/?a=1']);
  });

  it('has options for its headers', async () => {
    const answer = await get(
      '/app.js',
      {},
      {
        cacheControl: (path) => `max-age=60, path=${path}`,
        contentType: (path) => (path.endsWith('.js') ? 'text/x-own' : undefined),
        etag: false,
      },
    );
    expect(answer.header('cache-control')).toBe('max-age=60, path=app.js');
    expect(answer.header('content-type')).toBe('text/x-own');
    expect(answer.header('etag')).toBeUndefined();
    const bare = await get('/app.js', {}, { cacheControl: false });
    expect(bare.header('cache-control')).toBeUndefined();
  });
});

describe('options of serve-static', () => {
  beforeAll(() => {
    writeFileSync(join(root, 'about.html'), 'about html');
    writeFileSync(join(root, 'about.htm'), 'about htm');
    writeFileSync(join(root, 'only.htm'), 'only htm');
    writeFileSync(join(root, 'folder.html'), 'folder html');
    writeFileSync(join(root, 'v1.2.html'), 'version');
    writeFileSync(join(root, 'bare'), 'bare');
    writeFileSync(join(root, 'bare.html'), 'bare html');
    mkdirSync(join(root, 'dir.html/x'), { recursive: true });
    mkdirSync(join(root, 'dirs'), { recursive: true });
    writeFileSync(join(root, 'dirs/one.html'), 'one');
  });
  const extensions = ['html', 'htm'];

  it.each<[string, number, string]>([
    ['/about', 200, 'about html'],
    ['/only', 200, 'only htm'],
    ['/dirs/one', 200, 'one'],
    ['/about.htm', 200, 'about htm'],
    // The file itself, then a folder, then extensions.
    ['/bare', 200, 'bare'],
    ['/folder', 301, 'Moved Permanently\n'],
    ['/dir', 404, 'the application'],
    ['/about/', 404, 'the application'],
    ['/gone', 404, 'the application'],
    // As serve-static, for names without an extension only.
    ['/v1.2', 404, 'the application'],
    ['/about.html/', 404, 'the application'],
    ['/.', 404, 'the application'],
    ['/..%2fsecret', 404, 'the application'],
  ])('extensions: %s', async (path, status, expected) => {
    const answer = await get(path, {}, { extensions });
    expect([answer.status, answer.text]).toEqual([status, expected]);
    expect(answer.header('etag') !== undefined).toBe(status === 200);
  });

  it('extensions: none by default', async () => {
    for (const options of [{}, { extensions: false as const }, { extensions: [] }]) {
      expect((await get('/about', {}, options)).status).toBe(404);
    }
    expect((await get('/about', {}, { extensions })).header('content-type')).toBe(
      'text/html; charset=utf-8',
    );
  });

  it('index: several names, best first', async () => {
    const index = ['gone.html', 'one.html', 'index.html'];
    expect((await get('/dirs/', {}, { index })).text).toBe('one');
    expect((await get('/', {}, { index })).text).toBe(page);
    expect((await get('/dirs', {}, { index })).header('location')).toBe('/dirs/');
    expect((await get('/empty', {}, { index })).status).toBe(404);
  });

  it('redirect: false lets a folder without a slash pass', async () => {
    const answer = await get('/folder', {}, { redirect: false });
    expect([answer.status, answer.text]).toEqual([404, 'the application']);
    expect((await get('/folder/', {}, { redirect: false })).text).toBe('folder');
  });

  it('lastModified: false', async () => {
    const options = { lastModified: false };
    const answer = await get('/data.bin', {}, options);
    expect([answer.status, answer.header('last-modified')]).toEqual([200, undefined]);
    expect(answer.header('etag')).toBeDefined();
    const headers = { 'If-Modified-Since': new Date(Date.now() + 86_400_000).toUTCString() };
    expect((await get('/data.bin', { headers }, options)).status).toBe(200);
    expect((await get('/data.bin', { headers })).status).toBe(304);
  });

  it('acceptRanges: false', async () => {
    const options = { acceptRanges: false };
    for (const range of ['bytes=0-9', 'bytes=0-1,5-6', 'bytes=999999-']) {
      const answer = await get('/data.bin', { headers: { Range: range } }, options);
      expect([answer.status, answer.header('accept-ranges')]).toEqual([200, undefined]);
      expect(answer.body).toHaveLength(200_000);
    }
  });

  it('setHeaders adds, replaces and removes', async () => {
    const seen: unknown[] = [];
    const setHeaders: StaticFilesOptions['setHeaders'] = (response, path, stat) => {
      seen.push([path, stat.size, stat.mtime instanceof Date]);
      response.setHeader('X-Path', path);
      response.setHeader('x-number', 5);
      response.setHeader('X-Twice', ['a', 'b']);
      response.setHeader('cache-control', `${response.getHeader('Cache-Control')}, immutable`);
      response.setHeader('ETag', '"own"');
      response.setHeader('Content-Type', 'text/x-own');
      response.setHeader('Content-Disposition', 'attachment');
      response.setHeader('Content-Length', '1');
      response.removeHeader('last-modified');
    };
    const answer = await get('/app.js', {}, { setHeaders });
    expect(seen).toEqual([['app.js', 5, true]]);
    expect(answer.text).toBe('plain');
    expect(new Set(answer.headers.map(String))).toEqual(
      new Set([
        'accept-ranges,bytes',
        'cache-control,public, max-age=0, immutable',
        'content-disposition,attachment',
        'content-length,5',
        'content-type,text/x-own',
        'etag,"own"',
        'x-number,5',
        'x-path,app.js',
        'x-twice,a',
        'x-twice,b',
      ]),
    );
    // Conditions are judged by the headers that are sent.
    const headers = { 'If-None-Match': '"own"' };
    const unchanged = await get('/app.js', { headers }, { setHeaders });
    expect([unchanged.status, unchanged.header('x-path')]).toEqual([304, 'app.js']);
    expect(unchanged.headers.filter(([name]) => name.startsWith('content-'))).toEqual([]);
    const part = await get('/app.js', { headers: { Range: 'bytes=1-2' } }, { setHeaders });
    expect([part.status, part.text, part.header('x-path')]).toEqual([206, 'la', 'app.js']);
  });

  it('setHeaders that throws, or sets what cannot be sent, closes the file', async () => {
    const fail = (): never => {
      throw new Error('on purpose');
    };
    const split: StaticFilesOptions['setHeaders'] = (response) =>
      response.setHeader('X-A', 'a\r\nb');
    for (const setHeaders of [fail, split]) {
      const response = callApplication(files({ setHeaders }), environOf({ rawPath: '/data.bin' }));
      expect((await response).status).toBe('500 Internal Server Error');
      expect(existsSync('/proc/self/fd') ? descriptors() : []).toEqual([]);
    }
  });

  it('fallthrough: an application by itself answers for the rest', async () => {
    for (const options of [{}, { fallthrough: true }, { fallthrough: false }]) {
      const alone = staticFiles({ root, ...options });
      expect((await ask(alone, { rawPath: '/' })).text).toBe(page);
      const gone = await ask(alone, { rawPath: '/gone.txt' });
      expect([gone.status, gone.text]).toEqual([404, 'Not Found\n']);
      const posted = await ask(alone, { rawPath: '/index.html', method: 'POST' });
      expect([posted.status, posted.header('allow')]).toEqual([405, 'GET, HEAD']);
      const site = mount({ '/': beyond, '/static': alone });
      expect((await ask(site, { rawPath: '/static/app.js' })).text).toBe('plain');
    }
  });

  it('root: what is no folder is an error when the application starts', () => {
    const gone = join(root, 'no-such-folder');
    const file = join(root, 'index.html');
    for (const make of [
      staticFiles,
      (options: StaticFilesOptions) => staticFiles(beyond, options),
    ]) {
      expect(() => make({ root: gone })).toThrow(
        `the root of staticFiles does not exist: ${gone}; a relative path counts from`,
      );
      expect(() => make({ root: file })).toThrow(`the root of staticFiles is no folder: ${file};`);
    }
  });
});

describe('what is no file of the folder', () => {
  it.each([
    ['an unknown name', '/gone.txt'],
    ['a folder without an index', '/empty/'],
    ['the same without a slash', '/empty'],
    ['a file as a folder', '/index.html/'],
    ['below a file', '/index.html/x'],
    ['climbing', '/../secret.txt'],
    ['climbing, encoded', '/%2e%2e/secret.txt'],
    ['climbing, slash encoded', '/folder/..%2f..%2fsecret.txt'],
    ['climbing by backslash', '/..%5csecret.txt'],
    ['climbing and back', '/folder/../index.html'],
    ['a neighbour with the same beginning', '/../public-not/secret.txt'],
    ['an absolute path', `//etc/passwd`],
    ['a dot', '/./index.html'],
    ['two slashes', '/folder//index.html'],
    ['NUL', '/index.html%00.txt'],
    ['a Windows drive', '/C:%5cWindows'],
    ['bytes that are no text', '/%ff%fe'],
    ['a dotfile', '/.env'],
    ['below a dot folder', '/.git/config'],
    ['a link that leaves', '/outside.txt'],
    ['a folder that leaves', '/up/secret.txt'],
    ['a link in a circle', '/loop'],
    ['a name too long', `/${'x'.repeat(5000)}`],
    ['a path of many folders', '/x'.repeat(150_000)],
  ])('%s goes to the application', async (_what, path) => {
    const answer = await get(path);
    expect([answer.status, answer.text]).toEqual([404, 'the application']);
  });

  it.each(['POST', 'PUT', 'OPTIONS'])('%s goes to the application', async (method) => {
    expect((await get('/index.html', { method })).text).toBe('the application');
    const answer = await get('/index.html', { method }, { fallthrough: false });
    expect([answer.status, answer.header('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('is a 404 without an application behind', async () => {
    const answer = await get('/gone.txt', {}, { fallthrough: false });
    expect([answer.status, answer.text]).toEqual([404, 'Not Found\n']);
  });

  it('never leaves the root, whatever the path', async () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2f',
      '/',
      '%5c',
      '%00',
      'up',
      'folder',
      'secret.txt',
      'public-not',
      '//',
      '%c0%ae',
    );
    const application = files({ dotfiles: 'allow' });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
        for (const path of [`/${pieces.join('/')}`, `/${pieces.join('')}`]) {
          expect((await ask(application, { rawPath: path })).text).not.toContain('secret');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is not a pipe, on which opening would wait', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect((await get('/pipe')).status).toBe(404);
  });
});

describe('policies', () => {
  it('symbolic links', async () => {
    const status = async (
      path: string,
      symlinks: 'inside' | 'follow' | 'ignore',
    ): Promise<number> => (await get(path, {}, { symlinks })).status;
    expect(await status('/inside.html', 'ignore')).toBe(404);
    expect(await status('/index.html', 'ignore')).toBe(200);
    expect(await status('/outside.txt', 'follow')).toBe(200);
    expect(await status('/up/secret.txt', 'follow')).toBe(200);
    expect(await status('/outside.txt', 'inside')).toBe(404);
  });

  it('a root that is itself a link', async () => {
    symlinkSync(root, join(folder, 'current'));
    const answer = await ask(staticFiles(beyond, { root: join(folder, 'current') }), {
      rawPath: '/inside.html',
    });
    expect(answer.status).toBe(200);
  });

  it('dotfiles', async () => {
    symlinkSync(join(root, '.env'), join(root, 'env.txt'));
    expect((await get('/env.txt')).status).toBe(404);
    expect((await get('/env.txt', {}, { dotfiles: 'allow' })).status).toBe(200);
    expect((await get('/.env', {}, { dotfiles: 'allow' })).status).toBe(200);
    for (const path of ['/../.env', '/folder/../index.html', '/./index.html', '/folder/..']) {
      expect((await get(path, {}, { dotfiles: 'allow' })).status).toBe(404);
    }
  });

  it('index', async () => {
    expect((await get('/', {}, { index: false })).status).toBe(404);
    expect((await get('/folder', {}, { index: false })).status).toBe(404);
    expect((await get('/', {}, { index: 'app.js' })).text).toBe('plain');
  });

  it('redirects to its own host, whatever stands in front', async () => {
    mkdirSync(join(root, 'evil.example'));
    writeFileSync(join(root, 'evil.example/index.html'), '');
    const environ = { SCRIPT_NAME: '/', PATH_INFO: '/evil.example' };
    const body = await files()(environOf({ environ }), (status, headers) => {
      expect(status).toBe('301 Moved Permanently');
      expect(headers).toContainEqual(['Location', '/evil.example/']);
      return () => {};
    });
    await body.close?.();
  });

  it.each([
    [{ roots: '.' }, /staticFiles has no option roots; it has root, index/],
    [{}, /staticFiles needs the option root/],
    [{ root: '.', dotfiles: 'deny' }, /cannot use the string "deny" as option dotfiles/],
    [{ root: '.', index: '../x' }, /as option index/],
    [{ root: '.', index: ['a', ''] }, /as option index/],
    [{ root: '.', extensions: ['.html'] }, /as option extensions/],
    [{ root: '.', extensions: ['x/../y'] }, /as option extensions/],
    [{ root: '.', extensions: 'html' }, /as option extensions/],
    [{ root: '.', setHeaders: {} }, /as option setHeaders/],
    [{ root: '.', redirect: 'no' }, /as option redirect/],
  ])('%j is refused', (options, message) => {
    expect(() => staticFiles(beyond, options as never)).toThrow(message);
    expect(() => staticFiles(options as never)).toThrow(message);
  });
});

describe('conditions', () => {
  it('answers 304 for what the client has, 412 for what it expects otherwise', async () => {
    const { headers } = await get('/data.bin');
    const of = Object.fromEntries(headers);
    const status = async (
      name: string,
      value: string | undefined,
      method = 'GET',
    ): Promise<number> =>
      (await get('/data.bin', { method, headers: { [name]: value ?? '' } })).status;
    expect(await status('If-None-Match', of['etag'])).toBe(304);
    expect(await status('If-None-Match', `W/${of['etag']}`, 'HEAD')).toBe(304);
    expect(await status('If-None-Match', '"other"')).toBe(200);
    expect(await status('If-Modified-Since', of['last-modified'])).toBe(304);
    expect(await status('If-Modified-Since', 'Sun, 06 Nov 1994 08:49:37 GMT')).toBe(200);
    expect(await status('If-Match', '"other"')).toBe(412);
    expect(await status('If-Match', of['etag'])).toBe(200);
    expect(await status('If-Unmodified-Since', 'Sun, 06 Nov 1994 08:49:37 GMT')).toBe(412);
    const fresh = await get('/data.bin', { headers: { 'If-None-Match': '*' } });
    expect(fresh.headers.map(([name]) => name)).toEqual([
      'accept-ranges',
      'cache-control',
      'etag',
      'last-modified',
    ]);
  });

  it('an ETag stays as long as the file does, and changes with it', async () => {
    const tags = async (): Promise<string | undefined> =>
      (await get('/changing.txt')).header('etag');
    writeFileSync(join(root, 'changing.txt'), 'one');
    const first = await tags();
    expect(await tags()).toBe(first);
    writeFileSync(join(root, 'changing.txt'), 'two');
    expect(await tags()).not.toBe(first);
  });

  it('does not believe the time that packing tools set', async () => {
    const application = files();
    const versions = await Promise.all(
      ['one', 'two'].map(async (version) => {
        const path = join(root, `packed-${version}.txt`);
        writeFileSync(path, version);
        // As CDK and npm do, so that equal files make equal archives.
        utimesSync(path, new Date('1980-01-01'), new Date('1980-01-01'));
        return ask(application, { rawPath: `/packed-${version}.txt` });
      }),
    );
    const [one, two] = versions.map((answer) => answer.header('etag'));
    expect(one).toMatch(/^"[\w-]{22}"$/);
    expect(one).not.toBe(two);
    expect(versions[0]?.header('last-modified')).toBeUndefined();
    const again = await ask(application, {
      rawPath: '/packed-one.txt',
      headers: { 'If-None-Match': one ?? '' },
    });
    expect(again.status).toBe(304);
    expect((await get('/packed-one.txt', {}, { etag: 'stat' })).header('etag')).not.toBe(one);
  });
});

describe('ranges', () => {
  const part = (
    range: string,
    more: Record<string, string> = {},
    method = 'GET',
  ): Promise<Answer> => get('/data.bin', { method, headers: { Range: range, ...more } });

  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=100-', 100, 199_999],
    ['bytes=-5', 199_995, 199_999],
    ['bytes=-999999', 0, 199_999],
    ['bytes=199999-300000', 199_999, 199_999],
    ['BYTES=0-0', 0, 0],
    ['bytes=0-4,3-9', 0, 9],
    ['bytes=0-4, 5-9', 0, 9],
    ['bytes=0-9, 500000-', 0, 9],
    ['bytes=0-1, 8-9, 4-5, 2-7', 0, 9],
  ])('%s', async (range, first, last) => {
    const answer = await part(range);
    expect(answer.status).toBe(206);
    expect(answer.header('content-range')).toBe(`bytes ${first}-${last}/200000`);
    expect(answer.header('content-length')).toBe(String(last - first + 1));
    expect(Buffer.compare(answer.body, content.subarray(first, last + 1))).toBe(0);
  });

  it.each(['bytes=200000-', 'bytes=-0', 'bytes=300000-400000'])(
    '%s cannot be satisfied',
    async (range) => {
      const answer = await part(range);
      expect([answer.status, answer.header('content-range')]).toEqual([416, 'bytes */200000']);
    },
  );

  it.each([
    'lines=1-2',
    'bytes=',
    'bytes=a-b',
    'bytes=-',
    'bytes=9-0',
    'bytes=0-9;x',
    'bytes=,',
    `bytes=${Array.from({ length: 17 }, (_, index) => `${index * 10}-${index * 10 + 1}`).join()}`,
  ])('%s is ignored', async (range) => {
    expect((await part(range)).status).toBe(200);
  });

  it('are for GET alone', async () => {
    const answer = await part('bytes=0-9', {}, 'HEAD');
    expect([answer.status, answer.header('content-length')]).toEqual([200, '200000']);
  });

  it('of an older state are the whole of the newer', async () => {
    const { headers } = await get('/data.bin');
    const of = Object.fromEntries(headers);
    expect((await part('bytes=0-9', { 'If-Range': of['etag'] ?? '' })).status).toBe(206);
    expect((await part('bytes=0-9', { 'If-Range': of['last-modified'] ?? '' })).status).toBe(206);
    expect((await part('bytes=0-9', { 'If-Range': '"older"' })).status).toBe(200);
    expect((await part('bytes=0-9', { 'If-Range': 'Sun, 06 Nov 1994 08:49:37 GMT' })).status).toBe(
      200,
    );
  });

  it('several come as parts, in the order asked for', async () => {
    const answer = await part('bytes=-3,0-1,100000-170000');
    const [, boundary] =
      /^multipart\/byteranges; boundary=([\w-]+)$/.exec(answer.header('content-type') ?? '') ?? [];
    expect(boundary).toBeDefined();
    expect(answer.header('content-length')).toBe(String(answer.body.length));
    const parts = parseParts(Buffer.from(answer.body), boundary ?? '');
    expect(parts.map(({ range }) => range)).toEqual([
      'bytes 199997-199999/200000',
      'bytes 0-1/200000',
      'bytes 100000-170000/200000',
    ]);
    for (const { first, last, bytes } of parts) {
      expect(Buffer.compare(bytes, content.subarray(first, last + 1))).toBe(0);
    }
  });

  it('are the slices that were asked for, each byte once', async () => {
    const size = content.length;
    const spec = fc.oneof(
      fc
        .tuple(fc.integer({ min: 0, max: size + 10 }), fc.integer({ min: 0, max: 70_000 }))
        .map(([first, more]) => ({ first, last: first + more, text: `${first}-${first + more}` })),
      fc
        .integer({ min: 0, max: size + 10 })
        .map((first) => ({ first, last: Infinity, text: `${first}-` })),
      fc.integer({ min: 1, max: size + 10 }).map((length) => ({
        first: Math.max(size - length, 0),
        last: Infinity,
        text: `-${length}`,
      })),
    );
    const application = files();
    await fc.assert(
      fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 6 }), async (specs) => {
        const range = `bytes=${specs.map(({ text: one }) => one).join(',')}`;
        const answer = await ask(application, { rawPath: '/data.bin', headers: { Range: range } });
        const wanted = new Uint8Array(size);
        for (const { first, last } of specs) wanted.fill(1, first, Math.min(last, size - 1) + 1);
        const got = new Uint8Array(size);
        for (const { first, last, bytes } of partsOf(answer)) {
          expect(Buffer.compare(bytes, content.subarray(first, last + 1))).toBe(0);
          for (let index = first; index <= last; index++) got[index] = (got[index] ?? 0) + 1;
        }
        expect(Buffer.compare(got, wanted)).toBe(0);
        expect(answer.status).toBe(wanted.includes(1) ? 206 : 416);
      }),
      { numRuns: 100 },
    );
  });
});

interface Part {
  range: string;
  first: number;
  last: number;
  bytes: Buffer;
}

function partsOf(answer: Answer): Part[] {
  const body = Buffer.from(answer.body);
  const boundary = answer.header('content-type')?.split('boundary=')[1];
  if (boundary !== undefined) return parseParts(body, boundary);
  const range = answer.header('content-range') ?? '';
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(range) ?? [];
  return first === undefined
    ? []
    : [{ range, first: Number(first), last: Number(last), bytes: body }];
}

/** As a client reads it: a head, as many bytes as it says, a delimiter. */
function parseParts(body: Buffer, boundary: string): Part[] {
  const parts: Part[] = [];
  let position = 0;
  for (;;) {
    const end = `\r\n--${boundary}--\r\n`;
    if (body.subarray(position).equals(Buffer.from(end))) return parts;
    const headEnd = body.indexOf('\r\n\r\n', position) + 4;
    const head = body.subarray(position, headEnd).toString('latin1');
    const [, type, range, first, last] =
      new RegExp(
        `^\r\n--${boundary}\r\nContent-Type: (.*)\r\nContent-Range: (bytes (\\d+)-(\\d+)/\\d+)\r\n\r\n$`,
      ).exec(head) ?? [];
    expect(type).toBe('application/octet-stream');
    const length = Number(last) + 1 - Number(first);
    parts.push({
      range: range ?? '',
      first: Number(first),
      last: Number(last),
      bytes: body.subarray(headEnd, headEnd + length),
    });
    position = headEnd + length;
  }
}

describe('compressed copies', () => {
  const precompressed = ['br', 'zstd', 'gzip'] as const;
  const coded = (accept: string | undefined, path = '/app.js'): Promise<Answer> =>
    get(
      path,
      { headers: accept === undefined ? [] : [['Accept-Encoding', accept]] },
      { precompressed },
    );

  it('are chosen by what the client takes', async () => {
    for (const [accept, coding] of [
      ['gzip, br', 'br'],
      ['gzip', 'gzip'],
      ['zstd', undefined],
      ['br;q=0', undefined],
      [undefined, undefined],
    ]) {
      const answer = await coded(accept);
      expect([accept, answer.header('content-encoding'), answer.header('content-type')]).toEqual([
        accept,
        coding,
        'text/javascript; charset=utf-8',
      ]);
      expect(answer.header('vary')).toBe('Accept-Encoding');
    }
    expect((await coded('br')).header('etag')).not.toBe((await coded('gzip')).header('etag'));
  });

  it('are no answer where the file itself is gone', async () => {
    expect((await coded('br', '/index.html')).header('content-encoding')).toBeUndefined();
    expect((await coded('br', '/gone.js')).status).toBe(404);
  });
});

describe.runIf(countsDescriptors)('descriptors', () => {
  it.each<[string, Ask]>([
    ['a whole file', {}],
    ['HEAD', { method: 'HEAD' }],
    ['a 304', { headers: { 'If-None-Match': '*' } }],
    ['a 412', { headers: { 'If-Match': '"x"' } }],
    ['a 416', { headers: { Range: 'bytes=999999-' } }],
    ['a range', { headers: { Range: 'bytes=1-2' } }],
    ['several ranges', { headers: { Range: 'bytes=1-2,5-6' } }],
    ['a compressed copy', { rawPath: '/app.js', headers: { 'Accept-Encoding': 'br' } }],
    ['a redirect', { rawPath: '/folder' }],
    ['a folder', { rawPath: '/empty' }],
  ])('are closed after %s', async (_what, request) => {
    await get('/data.bin', request, { precompressed: ['br'] });
    expect(descriptors()).toEqual([]);
  });

  it('are closed when the server stops early, and when it never begins', async () => {
    for (const take of [0, 1]) {
      for (const headers of [{}, { Range: 'bytes=0-9,100-100000' }]) {
        const body = await files()(environOf({ rawPath: '/data.bin', headers }), () => () => {});
        expect(descriptors()).toHaveLength(1);
        const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
        if (take > 0) {
          await iterator.next();
          await iterator.return?.();
        }
        await body.close?.();
        expect(descriptors()).toEqual([]);
      }
    }
  });

  it('are closed when the response cannot start', async () => {
    const refuse = (): never => {
      throw new Error('no');
    };
    await expect(files()(environOf({ rawPath: '/data.bin' }), refuse)).rejects.toThrow('no');
    expect(descriptors()).toEqual([]);
  });
});

it('a file cut off while it is sent breaks the response', async () => {
  writeFileSync(join(root, 'shrinking.bin'), content);
  const log: string[] = [];
  const application = files();
  const response = await callApplication(
    async (environ, startResponse) => {
      const body = await application(environ, startResponse);
      truncateSync(join(root, 'shrinking.bin'), 1000);
      return body;
    },
    environOf({ rawPath: '/shrinking.bin', log }),
  );
  expect(response.status).toBe('500 Internal Server Error');
  expect(log.join()).toMatch(/1000 of the 200000 bytes/);
  expect(show(response.body)).toBe('Internal Server Error\n');
});
