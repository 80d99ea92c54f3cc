import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meets } from '../../../src/local/fronts/alb.ts';
import type { FrontRequest } from '../../../src/local/fronts.ts';
import type { LoadBalancerCondition } from '../../../src/local/project.ts';
import {
  inProcess,
  loadBalancer,
  makeProject,
  serve,
  type Served,
  type TestProject,
} from '../support.ts';

type Handlers = Parameters<typeof inProcess>[0];

let files: TestProject;
const open: Served[] = [];
beforeAll(() => {
  files = makeProject({});
});
afterAll(async () => {
  await Promise.all(open.map((served) => served[Symbol.asyncDispose]()));
  files[Symbol.dispose]();
});

const toHello = (multiValueHeaders = true) =>
  ({ type: 'function', functionId: 'Hello', multiValueHeaders }) as const;

async function start(
  rules: Parameters<typeof loadBalancer>[0],
  handlers: Handlers = {},
): Promise<Served> {
  const project = files.project([{}], [loadBalancer(rules)]);
  const served = await serve(project, { functions: inProcess(handlers) });
  open.push(served);
  return served;
}

const echo = async (event: unknown): Promise<unknown> => ({
  statusCode: 200,
  headers: {},
  multiValueHeaders: {},
  body: JSON.stringify(event),
});

describe('rules', () => {
  const request: FrontRequest = {
    id: 'one',
    method: 'GET',
    target: '/img/cat.png?size=Big&debug',
    headers: [
      ['Host', 'Shop.example.com:8080'],
      ['User-Agent', 'Probe/1'],
    ],
    body: new Uint8Array(),
    clientAddress: '10.1.2.3',
    port: 80,
    time: 0,
    traceId: '',
  };
  it.each<[LoadBalancerCondition, boolean]>([
    [{ on: 'path', values: ['/img/*'] }, true],
    [{ on: 'path', values: ['/img/???.png'] }, true],
    [{ on: 'path', values: ['/IMG/*', '/img'] }, false],
    [{ on: 'path', values: ['/img/cat+png'] }, false],
    [{ on: 'host', values: ['*.EXAMPLE.com'] }, true],
    [{ on: 'host', values: ['example.com'] }, false],
    [{ on: 'method', values: ['POST', 'GET'] }, true],
    [{ on: 'method', values: ['get'] }, false],
    [{ on: 'header', name: 'user-agent', values: ['probe*'] }, true],
    [{ on: 'header', name: 'x-none', values: ['*'] }, false],
    [{ on: 'query', values: [{ key: 'size', value: 'big' }] }, true],
    [{ on: 'query', values: [{ value: 'big' }] }, true],
    [{ on: 'query', values: [{ key: 'size', value: 'small' }] }, false],
    [{ on: 'source-ip', values: ['10.0.0.0/8'] }, true],
    [{ on: 'source-ip', values: ['10.1.2.3/32'] }, true],
    [{ on: 'source-ip', values: ['192.168.0.0/16', '2001:db8::/32'] }, false],
  ])('%j: %s', (condition, expected) => {
    expect(meets(request, condition)).toBe(expected);
  });

  it('are tried in order', async () => {
    const served = await start(
      [
        {
          conditions: [{ on: 'path', values: ['/old/*'] }],
          action: {
            type: 'redirect',
            status: 301,
            location: '#{protocol}://#{host}:#{port}/new/#{path}?#{query}',
          },
        },
        {
          conditions: [{ on: 'path', values: ['/ping'] }],
          action: { type: 'fixed', status: 202, contentType: 'application/json', body: '"pong"' },
        },
        { conditions: [{ on: 'method', values: ['PUT'] }], action: toHello(false) },
        { conditions: [], action: toHello() },
      ],
      { Hello: echo },
    );
    const moved = await fetch(`${served.url()}/old/x?a=1`, { redirect: 'manual' });
    expect(moved.status).toBe(301);
    expect(moved.headers.get('location')).toBe(`${served.url()}/new/old/x?a=1`);
    const pong = await fetch(`${served.url()}/ping`);
    expect([pong.status, pong.headers.get('content-type'), await pong.text()]).toEqual([
      202,
      'application/json',
      '"pong"',
    ]);
    const single = await fetch(served.url(), { method: 'PUT' });
    expect(await single.json()).toHaveProperty('headers.host');
    const multi = await fetch(`${served.url()}/a%2Fb?x=%20&x=2`, { method: 'POST', body: 'hi' });
    expect(await multi.json()).toMatchObject({
      path: '/a%2Fb',
      multiValueQueryStringParameters: { x: ['%20', '2'] },
      multiValueHeaders: { 'x-forwarded-for': ['127.0.0.1'] },
      body: 'hi',
    });
  });
});

describe('answers', () => {
  const single = [{ conditions: [], action: toHello(false) }];

  it.each<[string, Handlers[string]]>([
    ['throws', () => Promise.reject(new Error('boom'))],
    ['has no headers', async () => ({ statusCode: 200 })],
    ['has a status in words', async () => ({ statusCode: '200', headers: {} })],
    ['is over 1 MB', async () => ({ statusCode: 200, headers: {}, body: 'x'.repeat(2 ** 20) })],
  ])('are a page with 502 when the reply %s', async (_what, handler) => {
    const served = await start(single, { Hello: handler });
    const response = await fetch(served.url());
    expect(response.status).toBe(502);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(await response.text()).toContain('502 Bad Gateway');
    expect(served.problems).toHaveLength(1);
  });

  it('have the reason of statusDescription', async () => {
    const reply = { statusCode: 299, statusDescription: '299 Quite Fine', headers: {}, body: '' };
    const served = await start(single, { Hello: async () => reply });
    const response = await fetch(served.url());
    expect([response.status, response.statusText]).toEqual([299, 'Quite Fine']);
    expect(served.problems).toEqual([]);
  });

  it.each<[string, number, RequestInit, string?]>([
    ['a body over 1 MB', 413, { method: 'POST', body: new Uint8Array(2 ** 20 + 1) }],
    ['a header over 16 KB', 400, { headers: { 'x-long': 'x'.repeat(16 * 1024) } }],
    ['a request line over 16 KB', 414, {}, `/${'x'.repeat(16 * 1024)}`],
    ['31 forwarders', 463, { headers: { 'x-forwarded-for': Array(31).fill('10.0.0.1').join() } }],
  ])('refuse %s with %s', async (_what, status, init, path = '/') => {
    const served = await start(single, { Hello: echo });
    expect((await fetch(served.url() + path, init)).status).toBe(status);
  });
});
