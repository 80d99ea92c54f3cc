/**
 * The globals after `gatecall/bridges/fetch-light` has replaced them, and what still comes from
 * Node's own.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const own = { Request, Response, Headers };
let server: Server;
let url: string;

beforeAll(async () => {
  await import('../../src/bridges/fetch-light.ts');
  server = createServer((request, response) => {
    const { method, headers } = request;
    response.setHeader('x-seen', `${method} ${String(headers['x-tag'])}`);
    request.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('the globals', () => {
  it('are other classes, under the same names', () => {
    for (const name of ['Request', 'Response', 'Headers'] as const) {
      expect(globalThis[name]).not.toBe(own[name]);
      expect(globalThis[name].name).toBe(name);
      expect(Object.getOwnPropertyDescriptor(globalThis, name)).toMatchObject({
        writable: true,
        configurable: true,
        enumerable: false,
      });
      expect((globalThis[name].prototype as object).constructor).toBe(globalThis[name]);
    }
  });

  it('recognise their own and Node’s, and nothing else', () => {
    expect(new Response()).toBeInstanceOf(Response);
    expect(new own.Response()).toBeInstanceOf(Response);
    expect(new own.Headers()).toBeInstanceOf(Headers);
    expect(new own.Request('http://localhost/')).toBeInstanceOf(Request);
    class Page extends Response {}
    expect(new Page()).toBeInstanceOf(Response);
    expect(new Response()).not.toBeInstanceOf(Page);
    expect(new own.Response()).not.toBeInstanceOf(Page);
    for (const other of [{}, null, undefined, 1, 'x', new Headers()]) {
      expect(other).not.toBeInstanceOf(Response);
    }
  });
});

describe('fetch()', () => {
  it('takes a light request with all that is in it', async () => {
    const request = new Request(url, {
      method: 'PUT',
      headers: { 'x-tag': 'one' },
      body: 'caf\u00e9',
    });
    const response = await fetch(request);
    expect(response.headers.get('x-seen')).toBe('PUT one');
    expect(await response.text()).toBe('caf\u00e9');
    expect(request.bodyUsed).toBe(true);
  });

  it('takes an init beside it, and a URL', async () => {
    const request = new Request(url, { headers: { 'x-tag': 'one' } });
    const other = await fetch(request, { headers: new Headers({ 'x-tag': 'two' }) });
    expect(other.headers.get('x-seen')).toBe('GET two');
    expect((await fetch(url, { method: 'POST', body: 'x' })).headers.get('x-seen')).toBe(
      'POST undefined',
    );
  });

  it('stops with the request’s signal', async () => {
    const controller = new AbortController();
    const request = new Request(url, { signal: controller.signal });
    controller.abort();
    await expect(fetch(request)).rejects.toThrow(/abort/i);
  });

  it('answers what a light Response can be made of', async () => {
    const fetched = await fetch(url, { method: 'POST', body: 'passed on' });
    const response = new Response(fetched.body, fetched);
    expect(response.headers.get('x-seen')).toBe('POST undefined');
    expect(await response.text()).toBe('passed on');
    const copy = new Request(new own.Request(url, { method: 'POST', body: 'copied' }));
    expect([copy.method, await copy.text()]).toEqual(['POST', 'copied']);
  });
});

describe('forms', () => {
  it('come from Node’s own parser', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('f', new Blob(['x']), 'f.txt');
    const request = new Request(url, { method: 'POST', body: form });
    const read = await request.formData();
    expect(read.get('a')).toBe('1');
    expect((read.get('f') as File).name).toBe('f.txt');
  });
});
