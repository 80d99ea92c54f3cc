/**
 * What the Fetch standard says of `Headers`, `Request` and `Response`, asked of the light classes
 * and, as a control that the table is right, of Node's own.
 */
import { Blob, File } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { LightHeaders } from '../../../src/bridges/fetch/headers.ts';
import { Request as LightRequest } from '../../../src/bridges/fetch-light/request.ts';
import { LightResponse } from '../../../src/bridges/fetch-light/response.ts';

interface Classes {
  name: string;
  Headers: typeof Headers;
  Request: typeof Request;
  Response: typeof Response;
}

const classes: Classes[] = [
  { name: "Node's own", Headers, Request, Response },
  {
    name: 'light',
    Headers: LightHeaders,
    Request: LightRequest as unknown as typeof Request,
    Response: LightResponse,
  },
];

const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(new TextEncoder().encode(text));
const PAGE = 'https://example.com/items?a=1';
/** Typed passage for what the types forbid. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller says the type
const untyped = <T>(value: unknown): T => value as T;

function streamOf(...blocks: unknown[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const block of blocks) controller.enqueue(block as Uint8Array);
      controller.close();
    },
  });
}

async function textOf(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  let text = '';
  for await (const block of stream ?? []) text += Buffer.from(block).toString();
  return text;
}

describe.each(classes)('Headers, $name', ({ Headers }) => {
  it('are made of nothing, pairs, a record, and other headers', () => {
    expect([...new Headers()]).toEqual([]);
    expect([...new Headers(undefined)]).toEqual([]);
    expect([
      ...new Headers([
        ['B', '2'],
        ['a', '1'],
      ]),
    ]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect([...new Headers({ B: '2', a: '1' })]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect([...new Headers(new Headers({ x: 'y' }))]).toEqual([['x', 'y']]);
    expect([...new Headers(new Map([['m', 'n']]) as never)]).toEqual([['m', 'n']]);
  });

  it.each([null, 1, 'text', [['one']], [['a', 'b', 'c']], [1], { 'a b': 'x' }, { a: 'x\ny' }])(
    'are not made of %j',
    (init) => {
      expect(() => new Headers(untyped(init))).toThrow(TypeError);
    },
  );

  it('find names in any case', () => {
    const headers = new Headers({ 'Content-TYPE': 'text/plain' });
    expect(headers.get('content-type')).toBe('text/plain');
    expect(headers.has('CONTENT-TYPE')).toBe(true);
    headers.delete('Content-Type');
    expect(headers.has('content-type')).toBe(false);
    expect(headers.get('content-type')).toBeNull();
  });

  it('combine values with a comma and a space, in order', () => {
    const headers = new Headers([
      ['x', '1'],
      ['y', '0'],
      ['X', '2'],
    ]);
    headers.append('x', '3');
    expect(headers.get('x')).toBe('1, 2, 3');
    headers.set('x', 'only');
    expect([...headers]).toEqual([
      ['x', 'only'],
      ['y', '0'],
    ]);
    headers.append('empty', '');
    headers.append('empty', '');
    expect(headers.get('empty')).toBe(', ');
  });

  it('keep cookies apart', () => {
    const headers = new Headers([
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2; Path=/, x'],
      ['a', 'b'],
    ]);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2; Path=/, x']);
    expect(headers.get('set-cookie')).toBe('a=1, b=2; Path=/, x');
    expect([...headers]).toEqual([
      ['a', 'b'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2; Path=/, x'],
    ]);
    expect([...new Headers(headers)]).toEqual([...headers]);
    headers.set('Set-Cookie', 'c=3');
    expect(headers.getSetCookie()).toEqual(['c=3']);
    headers.delete('set-cookie');
    expect(headers.getSetCookie()).toEqual([]);
    expect(new Headers().getSetCookie()).toEqual([]);
  });

  it.each(['', ' ', 'a b', 'a:', 'ä', 'a\n', '(x)', 'a\0'])('refuse the name %j', (name) => {
    const headers = new Headers();
    expect(() => headers.append(name, 'x')).toThrow(TypeError);
    expect(() => headers.set(name, 'x')).toThrow(TypeError);
    expect(() => headers.get(name)).toThrow(TypeError);
    expect(() => headers.has(name)).toThrow(TypeError);
    expect(() => headers.delete(name)).toThrow(TypeError);
  });

  it.each(['a\nb', 'a\rb', 'a\0b', '\u0100', '\u{1f4a9}'])('refuse the value %j', (value) => {
    const headers = new Headers();
    expect(() => headers.append('x', value)).toThrow(TypeError);
    expect(() => headers.set('x', value)).toThrow(TypeError);
    expect(() => new Headers({ x: value })).toThrow(TypeError);
    expect(() => new Headers([['x', value]])).toThrow(TypeError);
  });

  it('take white space off a value’s ends, and let the rest stand', () => {
    const headers = new Headers({ x: ' \t\r\n a\t b \n' });
    expect(headers.get('x')).toBe('a\t b');
    headers.set('y', '\u00a0\u00e9\u00ff\x01');
    expect(headers.get('y')).toBe('\u00a0\u00e9\u00ff\x01');
  });

  it('make strings of what is none, except of symbols', () => {
    const headers = new Headers({ number: untyped(1) });
    headers.append('null', untyped(null));
    headers.append('undefined', untyped(undefined));
    expect([...headers]).toEqual([
      ['null', 'null'],
      ['number', '1'],
      ['undefined', 'undefined'],
    ]);
    expect(() => headers.append('x', untyped(Symbol('x')))).toThrow(TypeError);
    expect(() => new Headers(untyped({ [Symbol('x')]: 'y' }))).toThrow(TypeError);
  });

  it('want their arguments', () => {
    const headers = untyped<Record<string, () => unknown>>(new Headers());
    for (const method of ['append', 'set', 'get', 'has', 'delete', 'forEach']) {
      expect(() => headers[method]?.()).toThrow(TypeError);
    }
    expect(() => new Headers().forEach(untyped('x'))).toThrow(TypeError);
  });

  it('are iterated sorted, in five ways', () => {
    const headers = new Headers({ c: '3', a: '1', b: '2' });
    expect([...headers.keys()]).toEqual(['a', 'b', 'c']);
    expect([...headers.values()]).toEqual(['1', '2', '3']);
    expect([...headers.entries()]).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    const seen: unknown[] = [];
    const owner = {};
    headers.forEach(function (this: unknown, value, name, all) {
      seen.push([value, name, all === headers, this === owner]);
    }, owner);
    expect(seen).toEqual([
      ['1', 'a', true, true],
      ['2', 'b', true, true],
      ['3', 'c', true, true],
    ]);
    expect(Object.fromEntries(headers)).toEqual({ a: '1', b: '2', c: '3' });
  });

  it('may change while they are iterated', () => {
    const headers = new Headers({ a: '1', b: '2' });
    const names: string[] = [];
    for (const [name] of headers) {
      names.push(name);
      if (name === 'a') headers.append('c', '3');
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });

  it('survive names that objects inherit', () => {
    const headers = new Headers([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ]);
    expect(headers.get('__proto__')).toBe('p');
    expect(headers.has('hasOwnProperty')).toBe(false);
    expect([...headers.keys()]).toEqual(['__proto__', 'constructor', 'tostring']);
  });

  it('say what they are', () => {
    expect(Object.prototype.toString.call(new Headers())).toBe('[object Headers]');
  });
});

describe.each(classes)('Response, $name', ({ Headers, Response }) => {
  it('is 200 and empty unless told', async () => {
    const response = new Response();
    const { status, statusText, ok, type, url, redirected, body, bodyUsed } = response;
    expect({ status, statusText, ok, type, url, redirected, body, bodyUsed }).toEqual({
      status: 200,
      statusText: '',
      ok: true,
      type: 'default',
      url: '',
      redirected: false,
      body: null,
      bodyUsed: false,
    });
    expect([...response.headers]).toEqual([]);
    expect(await response.text()).toBe('');
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe('');
  });

  it('takes a status, its text, and headers', () => {
    const response = new Response('x', {
      status: 404,
      statusText: 'Gone fishing',
      headers: { a: 'b' },
    });
    expect([response.status, response.statusText, response.ok]).toEqual([
      404,
      'Gone fishing',
      false,
    ]);
    expect(response.headers).toBeInstanceOf(Headers);
    expect(response.headers.get('a')).toBe('b');
    expect(response.headers).toBe(response.headers);
    expect(new Response(null, { status: untyped('201') }).status).toBe(201);
  });

  it.each([199, 600, 0, 101, -1, 99999, Number.NaN, 'x'])('refuses the status %s', (status) => {
    expect(() => new Response(null, { status: untyped(status) })).toThrow(RangeError);
  });

  it.each(['a\nb', 'a\0', '\u0100'])('refuses the status text %j', (statusText) => {
    expect(() => new Response(null, { statusText })).toThrow(TypeError);
  });

  it.each([204, 205, 304])('has no body with %i', (status) => {
    expect(() => new Response('', { status })).toThrow(TypeError);
    expect(new Response(null, { status }).body).toBeNull();
    expect(new Response(undefined, { status }).body).toBeNull();
  });

  it.each([1, 'x', true])('refuses the init %j', (init) => {
    expect(() => new Response(null, untyped(init))).toThrow(TypeError);
  });

  it.each([
    ['a string', () => 'caf\u00e9', 'caf\u00e9', 'text/plain;charset=UTF-8'],
    ['an empty string', () => '', '', 'text/plain;charset=UTF-8'],
    ['a lone surrogate', () => 'a\ud800b', 'a\ufffdb', 'text/plain;charset=UTF-8'],
    ['bytes', () => bytes('abc'), 'abc', null],
    ['a window on bytes', () => bytes('xabcx').subarray(1, 4), 'abc', null],
    ['a DataView', () => new DataView(bytes('xabcx').buffer, 1, 3), 'abc', null],
    ['an ArrayBuffer', () => bytes('abc').buffer, 'abc', null],
    ['a Buffer', () => Buffer.from('abc'), 'abc', null],
    ['a Blob with a type', () => new Blob(['abc'], { type: 'text/x' }), 'abc', 'text/x'],
    ['a Blob without one', () => new Blob(['abc']), 'abc', null],
    [
      'parameters',
      () => new URLSearchParams({ a: 'b c' }),
      'a=b+c',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a stream', () => streamOf(bytes('ab'), bytes('c')), 'abc', null],
    [
      'an async iterable',
      () =>
        (async function* () {
          yield bytes('abc');
        })(),
      'abc',
      null,
    ],
    ['a number', () => 12, '12', 'text/plain;charset=UTF-8'],
    ['an object', () => ({ toString: () => 'told' }), 'told', 'text/plain;charset=UTF-8'],
  ])('has a body of %s', async (_, make, text, type) => {
    const response = new Response(untyped(make()));
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe(text);
    expect(response.bodyUsed).toBe(true);
    const typed = new Response(untyped(make()), { headers: { 'Content-Type': 'x/y' } });
    expect(typed.headers.get('content-type')).toBe('x/y');
    expect(await textOf(typed.body)).toBe(text);
  });

  it('is read in five ways, and a sixth where there is one', async () => {
    const make = (): Response =>
      new Response('{"a":"\u00e9"}', { headers: { 'content-type': 'application/json' } });
    expect(await make().text()).toBe('{"a":"\u00e9"}');
    expect(await make().json()).toEqual({ a: '\u00e9' });
    const buffer = await make().arrayBuffer();
    expect(Object.prototype.toString.call(buffer)).toBe('[object ArrayBuffer]');
    expect(Buffer.from(buffer).toString()).toBe('{"a":"\u00e9"}');
    const blob = await make().blob();
    expect([blob.type, await blob.text()]).toEqual(['application/json', '{"a":"\u00e9"}']);
    expect(await textOf(make().body)).toBe('{"a":"\u00e9"}');
    // Node 20 has no bytes() yet.
    const response = make() as Response & { bytes?: () => Promise<Uint8Array> };
    const read = (await response.bytes?.()) ?? bytes('{"a":"\u00e9"}');
    expect(read).toEqual(bytes('{"a":"\u00e9"}'));
  });

  it('drops a byte order mark from text, and nothing from bytes', async () => {
    const mark = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
    expect(await new Response(mark).text()).toBe('a');
    expect(await new Response('\ufeffa').text()).toBe('a');
    expect((await new Response('\ufeffa').arrayBuffer()).byteLength).toBe(4);
    expect(await new Response(new Uint8Array([0xff])).text()).toBe('\ufffd');
  });

  it('is read once', async () => {
    for (const first of ['text', 'json', 'arrayBuffer', 'blob'] as const) {
      const response = new Response('1');
      await response[first]();
      expect(response.bodyUsed).toBe(true);
      await expect(response.text()).rejects.toThrow(TypeError);
      expect(() => response.clone()).toThrow(TypeError);
      expect(response.body?.locked).toBeTypeOf('boolean');
    }
  });

  it('is not read while somebody reads its stream', async () => {
    const response = new Response('abc');
    const reader = response.body?.getReader();
    expect(response.bodyUsed).toBe(false);
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(() => response.clone()).toThrow(TypeError);
    await reader?.read();
    expect(response.bodyUsed).toBe(true);
  });

  it('counts as read when its stream is cancelled', async () => {
    const response = new Response('abc');
    await response.body?.cancel();
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow(TypeError);
  });

  it('has one and the same stream', () => {
    const stream = streamOf(bytes('a'));
    expect(new Response(stream).body).toBe(stream);
    const response = new Response('a');
    expect(response.body).toBe(response.body);
  });

  it('passes a body on that can be read into a buffer of one’s own', async () => {
    const reader = new Response('abc').body?.getReader({ mode: 'byob' });
    const { value } = (await reader?.read(new Uint8Array(8))) ?? {};
    expect(Buffer.from(value ?? []).toString()).toBe('abc');
    expect((await reader?.read(new Uint8Array(8)))?.done).toBe(true);
  });

  it('refuses a stream that is being read, or has been', async () => {
    const locked = streamOf(bytes('a'));
    locked.getReader();
    expect(() => new Response(locked)).toThrow(TypeError);
    const read = streamOf(bytes('a'));
    await textOf(read);
    expect(() => new Response(read)).toThrow(TypeError);
  });

  it('fails when its stream does, and for blocks that are no bytes', async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error('broke')),
    });
    await expect(new Response(broken).text()).rejects.toThrow('broke');
    await expect(new Response(streamOf('text')).text()).rejects.toThrow(TypeError);
  });

  it('rejects text that is no JSON', async () => {
    await expect(new Response('{').json()).rejects.toThrow(SyntaxError);
    await expect(new Response().json()).rejects.toThrow(SyntaxError);
  });

  it('does not follow bytes that change afterwards', async () => {
    const source = bytes('abc');
    const response = new Response(source);
    source[0] = 0x78;
    expect(await response.text()).toBe('abc');
  });

  it.each([
    ['a string', () => 'abc'],
    ['bytes', () => bytes('abc')],
    ['a stream', () => streamOf(bytes('a'), bytes('bc'))],
    ['a Blob', () => new Blob(['abc'])],
    ['nothing', () => null],
  ])('is cloned with %s', async (_, make) => {
    const response = new Response(untyped(make()), {
      status: 201,
      statusText: 'Two',
      headers: { a: 'b' },
    });
    const clone = response.clone();
    expect(clone).toBeInstanceOf(Response);
    expect([clone.status, clone.statusText, clone.headers.get('a')]).toEqual([201, 'Two', 'b']);
    clone.headers.set('a', 'c');
    expect(response.headers.get('a')).toBe('b');
    const again = clone.clone();
    const text = make() === null ? '' : 'abc';
    expect(await clone.text()).toBe(text);
    expect(await again.text()).toBe(text);
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe(text);
  });

  it('is JSON by Response.json()', async () => {
    const response = Response.json({ a: 1 }, { status: 201, headers: { x: 'y' } });
    expect([
      response.status,
      response.headers.get('content-type'),
      response.headers.get('x'),
    ]).toEqual([201, 'application/json', 'y']);
    expect(await response.text()).toBe('{"a":1}');
    expect(
      Response.json(1, { headers: { 'content-type': 'x/y' } }).headers.get('content-type'),
    ).toBe('x/y');
    expect(() => Response.json(untyped(undefined))).toThrow(TypeError);
    expect(() => Response.json(untyped(Symbol('x')))).toThrow(TypeError);
    expect(() => Response.json(untyped(1n))).toThrow(TypeError);
    expect(() => Response.json({}, { status: 204 })).toThrow(TypeError);
  });

  it('is a redirect by Response.redirect()', () => {
    const response = Response.redirect('https://example.com/a b', 307);
    expect([response.status, response.headers.get('location'), response.body]).toEqual([
      307,
      'https://example.com/a%20b',
      null,
    ]);
    expect(
      untyped<(url: string) => Response>(Response.redirect)('https://example.com').status,
    ).toBe(302);
    expect(() => response.headers.set('a', 'b')).toThrow(TypeError);
    expect(() => response.headers.append('a', 'b')).toThrow(TypeError);
    expect(() => response.headers.delete('location')).toThrow(TypeError);
    expect(() => Response.redirect('https://example.com', untyped(200))).toThrow(RangeError);
    expect(() => Response.redirect('/relative', 302)).toThrow(TypeError);
  });

  it('is a network error by Response.error()', () => {
    const response = Response.error();
    expect([response.type, response.status, response.ok, response.body]).toEqual([
      'error',
      0,
      false,
      null,
    ]);
    expect(() => response.headers.set('a', 'b')).toThrow(TypeError);
  });

  it('carries a form out', async () => {
    const form = new FormData();
    form.append('text', 'one\ntwo "\u00e9"');
    form.append('na"me', '');
    form.append('file', new File(['{}'], 'a"b.json', { type: 'application/json' }));
    const response = new Response(form);
    expect(response.headers.get('content-type')).toMatch(/^multipart\/form-data; boundary=.+/);
    const again = await new globalThis.Response(await response.arrayBuffer(), {
      headers: { 'content-type': response.headers.get('content-type') ?? '' },
    }).formData();
    expect(again.get('text')).toBe('one\r\ntwo "\u00e9"');
    expect(again.get('na"me')).toBe('');
    const file = again.get('file') as unknown as File;
    expect([file.name, file.type, await file.text()]).toEqual([
      'a"b.json',
      'application/json',
      '{}',
    ]);
  });

  it('reads forms', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const form = await new Response('a=1&a=2&b=%20', { headers }).formData();
    expect([...form]).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['b', ' '],
    ]);
    await expect(new Response('a=1').formData()).rejects.toThrow(TypeError);
    await expect(
      new Response('x', { headers: { 'content-type': 'multipart/form-data' } }).formData(),
    ).rejects.toThrow(TypeError);
  });

  it('can be extended', async () => {
    class Page extends Response {
      constructor(text: string) {
        super(text, { headers: { 'content-type': 'text/html' } });
      }
      get length(): number {
        return 5;
      }
    }
    const page = new Page('<p>');
    expect([page.length, page.status, await page.text()]).toEqual([5, 200, '<p>']);
    expect(page).toBeInstanceOf(Response);
    expect(Object.prototype.toString.call(page)).toBe('[object Response]');
  });

  it('is the init of another', async () => {
    const first = new Response('a', { status: 201, statusText: 'Two', headers: { a: 'b' } });
    const second = new Response(first.body, first);
    expect([
      second.status,
      second.statusText,
      second.headers.get('a'),
      await second.text(),
    ]).toEqual([201, 'Two', 'b', 'a']);
  });
});

describe.each(classes)('Request, $name', ({ Headers, Request }) => {
  it('is a GET unless told', async () => {
    const request = new Request(PAGE);
    expect([
      request.method,
      request.url,
      request.body,
      request.bodyUsed,
      await request.text(),
    ]).toEqual(['GET', PAGE, null, false, '']);
    expect([...request.headers]).toEqual([]);
    expect(request.headers).toBeInstanceOf(Headers);
    expect(request.signal).toBeInstanceOf(AbortSignal);
    expect(request.signal.aborted).toBe(false);
    const {
      cache,
      credentials,
      destination,
      integrity,
      keepalive,
      mode,
      redirect,
      referrer,
      referrerPolicy,
    } = request as Request & Record<string, unknown>;
    expect({
      cache,
      credentials,
      destination,
      integrity,
      keepalive,
      mode,
      redirect,
      referrer,
      referrerPolicy,
    }).toEqual({
      cache: 'default',
      credentials: 'same-origin',
      destination: '',
      integrity: '',
      keepalive: false,
      mode: 'cors',
      redirect: 'follow',
      referrer: 'about:client',
      referrerPolicy: '',
    });
    expect((request as { duplex?: string }).duplex).toBe('half');
  });

  it.each([
    ['https://EXAMPLE.com', 'https://example.com/'],
    ['https://example.com:443/a/../b/./c', 'https://example.com/b/c'],
    ['https://example.com/a b?c d#e f', 'https://example.com/a%20b?c%20d#e%20f'],
    ['https://example.com/%2F//x?', 'https://example.com/%2F//x?'],
  ])('serialises %s', (given, url) => {
    expect(new Request(given).url).toBe(url);
    expect(new Request(new URL(given)).url).toBe(url);
  });

  it.each([undefined, '', '/relative', 'https://user:secret@example.com', 'https://', 1, {}])(
    'is not made of %j',
    (input) => {
      expect(() => new Request(untyped(input))).toThrow(TypeError);
    },
  );

  it.each([
    ['get', 'GET'],
    ['Post', 'POST'],
    ['delete', 'DELETE'],
    ['options', 'OPTIONS'],
    ['PATCH', 'PATCH'],
    ['QUERY', 'QUERY'],
    ['chicken', 'chicken'],
  ])('has the method %s as %s', (given, method) => {
    expect(new Request(PAGE, { method: given }).method).toBe(method);
  });

  it.each(['', 'a b', 'TRACE', 'connect', 'Track', 'a\n'])('refuses the method %j', (method) => {
    expect(() => new Request(PAGE, { method })).toThrow(TypeError);
  });

  it.each(['GET', 'HEAD', 'get'])('has no body under %s', (method) => {
    const make = (body: string | null): Request => new Request(PAGE, untyped({ method, body }));
    expect(() => make('x')).toThrow(TypeError);
    expect(() => make('')).toThrow(TypeError);
    expect(make(null).body).toBeNull();
  });

  it('has a body, and its type', async () => {
    const post = (body: unknown, headers?: Record<string, string>): Request =>
      new Request(PAGE, untyped({ method: 'POST', body, headers, duplex: 'half' }));
    expect(post('x').headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(post('x', { 'content-type': 'a/b' }).headers.get('content-type')).toBe('a/b');
    expect(post(new URLSearchParams('a=1')).headers.get('content-type')).toBe(
      'application/x-www-form-urlencoded;charset=UTF-8',
    );
    expect(await post(new URLSearchParams('a=1')).text()).toBe('a=1');
    expect(await post('{"a":1}').json()).toEqual({ a: 1 });
    expect(Buffer.from(await post(bytes('abc')).arrayBuffer()).toString()).toBe('abc');
    expect(await (await post('abc').blob()).text()).toBe('abc');
    expect(await textOf(post(streamOf(bytes('abc'))).body)).toBe('abc');
    const form = await post('a=1', {
      'content-type': 'application/x-www-form-urlencoded',
    }).formData();
    expect(form.get('a')).toBe('1');
  });

  it('wants to be told that a stream is only half of a conversation', () => {
    expect(() => new Request(PAGE, { method: 'POST', body: streamOf() })).toThrow(TypeError);
  });

  it('is read once', async () => {
    const request = new Request(PAGE, { method: 'POST', body: 'x' });
    expect(request.bodyUsed).toBe(false);
    expect(await request.text()).toBe('x');
    expect(request.bodyUsed).toBe(true);
    await expect(request.text()).rejects.toThrow(TypeError);
    expect(() => request.clone()).toThrow(TypeError);
    expect(() => new Request(request)).toThrow(TypeError);
  });

  it('is copied by clone()', async () => {
    const init = { method: 'POST', body: 'abc', headers: { a: 'b' }, cache: 'no-store' };
    const request = new Request(PAGE, init);
    const clone = request.clone();
    expect(clone).toBeInstanceOf(Request);
    expect([
      clone.method,
      clone.url,
      clone.headers.get('a'),
      (clone as { cache?: string }).cache,
    ]).toEqual(['POST', PAGE, 'b', 'no-store']);
    clone.headers.set('a', 'c');
    expect(request.headers.get('a')).toBe('b');
    expect(await clone.text()).toBe('abc');
    expect(request.bodyUsed).toBe(false);
    expect(await request.text()).toBe('abc');
  });

  it('is made of another', async () => {
    const request = new Request(PAGE, {
      method: 'POST',
      body: 'abc',
      headers: { a: 'b' },
      redirect: 'manual',
    });
    const copy = new Request(request, { headers: { c: 'd' } });
    expect([copy.method, copy.url, copy.redirect]).toEqual(['POST', PAGE, 'manual']);
    expect([copy.headers.get('a'), copy.headers.get('c')]).toEqual([null, 'd']);
    expect(await copy.text()).toBe('abc');
    expect(request.bodyUsed).toBe(true);
    const other = new Request(new Request(PAGE, { headers: { a: 'b' } }), {
      method: 'PUT',
      body: 'x',
    });
    expect([other.method, other.headers.get('a'), await other.text()]).toEqual(['PUT', 'b', 'x']);
  });

  it('is the init of another', async () => {
    const request = new Request(PAGE, { method: 'POST', body: 'abc', headers: { a: 'b' } });
    const moved = new Request('https://other.example/', request);
    expect([moved.url, moved.method, moved.headers.get('a'), await moved.text()]).toEqual([
      'https://other.example/',
      'POST',
      'b',
      'abc',
    ]);
  });

  it('follows a signal', () => {
    const controller = new AbortController();
    const request = new Request(PAGE, { signal: controller.signal });
    const copy = new Request(request);
    const clone = request.clone();
    expect(request.signal.aborted).toBe(false);
    controller.abort(new Error('enough'));
    for (const { signal } of [request, copy, clone]) {
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toEqual(new Error('enough'));
    }
    expect(new Request(request, { signal: null }).signal.aborted).toBe(false);
    expect(() => new Request(PAGE, { signal: untyped({}) })).toThrow(TypeError);
  });

  it.each(['cache', 'credentials', 'mode', 'redirect', 'referrerPolicy'])(
    'refuses a %s that is none',
    (name) => {
      expect(() => new Request(PAGE, { [name]: 'nonsense' })).toThrow(TypeError);
    },
  );

  it('says what it is', () => {
    expect(Object.prototype.toString.call(new Request(PAGE))).toBe('[object Request]');
    expect(() => Reflect.apply(Request, undefined, [PAGE])).toThrow(TypeError);
  });

  it('can be extended', () => {
    class Named extends Request {
      readonly extra = 'yes';
    }
    const request = new Named(PAGE, { method: 'PUT' });
    expect([request.extra, request.method]).toEqual(['yes', 'PUT']);
    expect(request).toBeInstanceOf(Named);
    expect(request).toBeInstanceOf(Request);
  });
});
