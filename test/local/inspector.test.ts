/**
 * The inspector's server: what it serves, what it tells, which requests it refuses, what it hands
 * to the gateway.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Inspector, type Replay, startInspector } from '../../src/local/inspector.ts';
import { type InvocationTrace, TraceLog } from '../../src/local/trace.ts';
import { lambdaEvent } from '../../src/aws-model.ts';
import { requireDist, root } from '../nodes.ts';
import { invoke, tracedBody } from './traces.ts';

const open: Inspector[] = [];
afterEach(async () => {
  for (const inspector of open.splice(0)) await inspector.close();
});

async function start(options: Partial<Parameters<typeof startInspector>[0]> = {}): Promise<{
  url: string;
  traces: TraceLog;
  replays: Replay[];
}> {
  const traces = options.traces ?? new TraceLog();
  const replays: Replay[] = [];
  const replay = (wish: Replay): Promise<string> => {
    replays.push(wish);
    return Promise.resolve('the new one');
  };
  const inspector = await startInspector({ replay, ...options, traces });
  open.push(inspector);
  return { url: inspector.url, traces, replays };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

function ask(
  url: string,
  path = '',
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: object; body?: string } = {},
): Promise<Answer> {
  const target = new URL(url);
  const options = {
    host: target.hostname,
    port: target.port,
    path: path.startsWith('/') ? path : target.pathname + path,
    method,
    headers: { ...headers },
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function tokenOf(url: string): Promise<string> {
  const { text } = await ask(url);
  return /name="gatecall-token" content="([\w-]{32})"/.exec(text)?.[1] ?? 'none found';
}

async function post(url: string, path: string, wish: unknown): Promise<Answer & { json: unknown }> {
  const headers = { 'X-Gatecall-Token': await tokenOf(url), Origin: new URL(url).origin };
  const body = typeof wish === 'string' ? wish : JSON.stringify(wish);
  const answer = await ask(url, path, { method: 'POST', headers, body });
  const isJson = answer.headers['content-type'] === 'application/json';
  return { ...answer, json: isJson ? JSON.parse(answer.text) : undefined };
}

interface Message {
  event: string;
  data: { id?: string; state?: string; traces?: { id: string }[]; status?: number };
}

/** Listens as a browser does; `take` waits for the next message. */
function listen(url: string): {
  take: () => Promise<Message>;
  ended: Promise<void>;
  stop: () => void;
} {
  const messages: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  const request = httpRequest(`${url}api/events`, { agent: false });
  const ended = new Promise<void>((resolve) => {
    request.on('error', () => resolve());
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        const blocks = (text + part).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const field = (name: string): string =>
            new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
          if (field('data') === '') continue;
          const message = {
            event: field('event'),
            data: JSON.parse(field('data')) as Message['data'],
          };
          const first = waiting.shift();
          if (first) first(message);
          else messages.push(message);
        }
      });
      response.on('close', resolve);
    });
  });
  request.end();
  const take = (): Promise<Message> => {
    const message = messages.shift();
    return message ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
  };
  return { take, ended, stop: () => request.destroy() };
}

describe('the page', () => {
  it('is served with a policy that lets nothing in', async () => {
    const { url } = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/__gatecall\/$/);
    const { status, headers, text } = await ask(url);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("img-src 'self' data:; ");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(text).toContain('<title>gatecall inspector</title>');
    expect(text).not.toContain('{{');
    expect(text).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:/);
  });

  it('loads nothing from elsewhere, and makes no element of text', () => {
    const folder = `${root}src/local/inspector/page/`;
    const files = readdirSync(folder);
    expect(files).toEqual(expect.arrayContaining(['index.html', 'style.css', 'main.js']));
    for (const file of files) {
      const text = readFileSync(folder + file, 'utf8');
      const code = text.replaceAll('http://www.w3.org/2000/svg', '');
      const addresses = code.match(/\w+:\/\/[^\s'"`]*/g) ?? [];
      // Of the comments and help of curl.js and main.js: this machine's.
      expect(addresses.filter((it) => !/^http:\/\/(127\.0\.0\.1|\$\{host\})/.test(it))).toEqual([]);
      expect(code).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/,
      );
    }
  });

  it.each([
    ['main.js', 'text/javascript; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
  ])('has %s', async (name, type) => {
    const { url } = await start();
    const { status, headers, text } = await ask(url, name);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type });
    expect(text).toBe(readFileSync(`${root}src/local/inspector/page/${name}`, 'utf8'));
  });

  it.each([
    'index.html',
    'nothing.js',
    'api',
    'api/traces/',
    '../../package.json',
    '%2e%2e/%2e%2e/package.json',
    '..%2f..%2fpackage.json',
    'page/main.js',
    '__proto__',
  ])('has no %s', async (path) => {
    const { url } = await start();
    const { status, text } = await ask(url, path);
    // Below the base there is nothing; above it, only the way back.
    expect([302, 404]).toContain(status);
    expect(text).not.toContain('"name"');
  });

  it('is found from any other path', async () => {
    const { url } = await start();
    const { status, headers } = await ask(url, '/');
    expect({ status, location: headers.location }).toEqual({
      status: 302,
      location: '/__gatecall/',
    });
  });

  it('is part of the build, beside the command that reads it', () => {
    requireDist();
    const files = (folder: string): string[] =>
      readdirSync(join(root, folder)).filter((name) => !name.endsWith('.json'));
    expect(files('dist/command/page')).toEqual(files('src/local/inspector/page'));
    const command = readdirSync(join(root, 'dist/command'))
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(root, 'dist/command', name), 'utf8'))
      .join('\n');
    expect(command).toMatch(/new URL\([`'"]page\/[`'"], ?import\.meta\.url\)/);
  });
});

describe('live updates', () => {
  it('tell everything at first, then each change', async () => {
    const { url, traces } = await start({ fronts: [{ id: 'Api', url: 'http://127.0.0.1:3000' }] });
    const old = await invoke(traces, 'rest-api', { request: { target: '/json' } });
    const { take, stop } = listen(url);
    const sync = await take();
    expect(sync.event).toBe('sync');
    expect(sync.data).toMatchObject({
      canReplay: true,
      fronts: [{ id: 'Api', url: 'http://127.0.0.1:3000' }],
      traces: [
        {
          id: old.id,
          time: old.time,
          state: 'done',
          functionId: 'DemoFunction',
          frontId: 'ShopRestApi',
          source: 'rest-api',
          cold: false,
          streamed: false,
          method: 'GET',
          target: '/json',
          status: 200,
          ms: old.timings.ended,
          bytes: old.response?.body.length,
          warnings: 0,
        },
      ],
    });
    const running: InvocationTrace = { ...old, id: 'r', state: 'running' };
    traces.put(running);
    expect(await take()).toMatchObject({ event: 'trace', data: { id: 'r', state: 'running' } });
    traces.put({ ...running, state: 'failed' });
    expect(await take()).toMatchObject({ event: 'trace', data: { id: 'r', state: 'failed' } });
    stop();
  });

  it('tell everything again to a page that comes back, whatever it has seen', async () => {
    const { url, traces } = await start();
    const { id } = await invoke(traces, 'alb');
    for (let round = 0; round < 2; round++) {
      const { take, stop } = listen(url);
      expect((await take()).data.traces).toMatchObject([{ id }]);
      stop();
    }
  });

  it('say a thousand changes at once in one message', async () => {
    const { url, traces } = await start();
    const trace = await invoke(traces, 'alb');
    const { take, stop } = listen(url);
    await take();
    for (let ms = 1; ms <= 1000; ms++) traces.put({ ...trace, timings: { ended: ms } });
    expect((await take()).data).toMatchObject({ ms: 1000 });
    traces.put({ ...trace, id: 'after' });
    expect((await take()).data.id).toBe('after');
    stop();
  });

  it('let go of a page that does not read', async () => {
    const { url, traces } = await start();
    const trace = await invoke(traces, 'alb', { request: { target: `/${'x'.repeat(490)}` } });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const gone = new Promise<void>((resolve) =>
      socket.on('error', () => resolve()).on('close', () => resolve()),
    );
    socket.write(
      `GET /__gatecall/api/events HTTP/1.1\r\nHost: 127.0.0.1:${new URL(url).port}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('readable', resolve));
    socket.pause();
    let isGone = false;
    void gone.then(() => (isGone = true));
    for (let round = 0; round < 120 && !isGone; round++) {
      for (let index = 0; index < 500; index++) traces.put({ ...trace, id: `${index}` });
      await new Promise((resolve) => setTimeout(resolve, 55));
      // Its own reading would empty what the server waits for; so it looks only whether it may
      // still write.
      socket.write('\r\n');
    }
    expect(isGone).toBe(true);
  });

  it('forget on demand, on all pages', async () => {
    const { url, traces } = await start();
    await invoke(traces, 'alb');
    const { take, stop } = listen(url);
    await take();
    expect((await post(url, 'api/clear', {})).status).toBe(204);
    expect(await take()).toMatchObject({ event: 'sync', data: { traces: [] } });
    expect(traces.list()).toEqual([]);
    stop();
  });

  it('end with the inspector', async () => {
    const inspector = await startInspector({ traces: new TraceLog() });
    const { take, ended } = listen(inspector.url);
    await take();
    await inspector.close();
    await ended;
    await expect(ask(inspector.url)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('a trace', () => {
  it('is given whole, and its event as a file for `gatecall invoke --event`', async () => {
    const { url, traces } = await start();
    const trace = await invoke(traces, 'function-url', {
      request: { method: 'POST', target: '/echo', body: 'hi' },
    });
    const whole = await ask(url, `api/traces/${trace.id}`);
    expect(JSON.parse(whole.text)).toEqual(JSON.parse(JSON.stringify(trace)));
    const file = await ask(url, `api/traces/${trace.id}/event`);
    expect(file.headers['content-disposition']).toBe(
      `attachment; filename="function-url-${trace.id}.json"`,
    );
    expect(JSON.parse(file.text)).toEqual(trace.event);
    expect((await ask(url, 'api/traces/unknown')).status).toBe(404);
  });

  it('cannot write headers by its name', async () => {
    const { url, traces } = await start();
    const trace = await invoke(traces, 'alb');
    traces.put({ ...trace, id: 'x', source: 'a"\r\nX-Evil: 1' });
    const { headers } = await ask(url, 'api/traces/x/event');
    expect(headers['content-disposition']).toBe('attachment; filename="a___X-Evil__1-x.json"');
  });
});

describe('the guard', () => {
  it.each([
    ['a name that was pointed here', { Host: 'evil.example' }],
    ['that name with the port', { Host: 'evil.example:{port}' }],
    ['a name that begins like ours', { Host: '127.0.0.1.evil.example:{port}' }],
    ['another port', { Host: '127.0.0.1:1' }],
    ['no port', { Host: '127.0.0.1' }],
  ])('refuses %s', async (_, headers) => {
    const { url } = await start();
    const Host = headers.Host.replace('{port}', new URL(url).port);
    for (const path of ['', 'api/events', 'main.js']) {
      expect((await ask(url, path, { headers: { Host } })).status).toBe(421);
    }
  });

  it.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'])('answers to %s', async (name) => {
    const { url } = await start();
    const headers = { Host: `${name}:${new URL(url).port}` };
    expect((await ask(url, '', { headers })).status).toBe(200);
  });

  it.each([
    ['another origin', { Origin: 'http://evil.example' }],
    ['a sandboxed frame', { Origin: 'null' }],
    ['another port of this machine', { Origin: 'http://127.0.0.1:1' }],
    ['a script of another site', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['a script of another port', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' }],
  ])('refuses %s', async (_, headers) => {
    const { url } = await start();
    for (const path of ['', 'api/events', 'main.js', 'api/traces/1']) {
      expect((await ask(url, path, { headers })).status).toBe(403);
    }
  });

  it('lets a link from elsewhere lead to the page', async () => {
    const { url } = await start();
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    expect((await ask(url, '', { headers })).status).toBe(200);
  });

  it.each([
    ['without the token', {}],
    ['with another token', { 'X-Gatecall-Token': 'x'.repeat(32) }],
    [
      'with the token, from another origin',
      { 'X-Gatecall-Token': '{token}', Origin: 'http://evil.example' },
    ],
    [
      'with the token, as a form of another site',
      {
        'X-Gatecall-Token': '{token}',
        'Sec-Fetch-Site': 'cross-site',
        'Sec-Fetch-Mode': 'navigate',
      },
    ],
  ])('lets nothing be done %s', async (_, headers: Record<string, string>) => {
    const { url, traces, replays } = await start();
    const { id } = await invoke(traces, 'alb');
    const token = await tokenOf(url);
    const given = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('{token}', token)]),
    );
    for (const path of ['api/replay', 'api/clear']) {
      const body = JSON.stringify({ id });
      expect((await ask(url, path, { method: 'POST', headers: given, body })).status).toBe(403);
    }
    expect(replays).toEqual([]);
    expect(traces.list()).toHaveLength(1);
  });

  it('knows GET and POST alone', async () => {
    const { url } = await start();
    const headers = { 'X-Gatecall-Token': await tokenOf(url) };
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD']) {
      const answer = await ask(url, 'api/clear', { method, headers });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, POST']);
    }
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('is not started on %s', async (host) => {
    await expect(startInspector({ traces: new TraceLog(), host })).rejects.toThrow(
      `this machine alone; got the host ${JSON.stringify(host)}: use 127.0.0.1`,
    );
  });

  it('says when its port is taken', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    await expect(startInspector({ traces: new TraceLog(), port })).rejects.toThrow('EADDRINUSE');
  });
});

describe('replay', () => {
  const request = {
    method: 'POST',
    target: '/live/echo/a%2Fb?x=1&x=2',
    headers: [
      ['Host', '127.0.0.1:3000'],
      ['X-Tag', 'one'],
      ['X-Tag', 'two'],
    ] as [string, string][],
    body: new Uint8Array([0, 255, 10]),
  };
  const stageless = { ...request, target: '/echo/a%2Fb?x=1&x=2' };

  it('hands the request to the front it came through', async () => {
    const { url, traces, replays } = await start();
    const { id } = await invoke(traces, 'alb', { request: stageless });
    expect((await post(url, 'api/replay', { id })).json).toEqual({ id: 'the new one' });
    expect(replays).toEqual([{ id, request: { ...stageless, body: Buffer.from(request.body) } }]);
  });

  it.each(['function-url', 'http-api-2', 'edge-viewer', 'lattice-2', 'alb'] as const)(
    "makes another source's event of it: %s",
    async (source) => {
      const { url, traces, replays } = await start();
      const trace = await invoke(traces, 'rest-api', { request: stageless });
      const before = Date.now();
      const { status } = await post(url, 'api/replay', { id: trace.id, source });
      expect(status).toBe(200);
      const [replay] = replays;
      expect(replay).toMatchObject({ id: trace.id, source });
      const time = /"timeEpoch":"?(\d{13})/.exec(JSON.stringify(replay?.event))?.[1];
      const expected = lambdaEvent(source, { ...stageless, time: Number(time ?? 0) });
      const untimed = (event: unknown): string =>
        JSON.stringify(event).replaceAll(/Root=1-[\da-f]+/g, '');
      expect(untimed(replay?.event)).toBe(untimed(expected));
      // A load balancer's and CloudFront's have no time.
      expect(Number(time ?? before)).toBeGreaterThanOrEqual(before);
    },
  );

  it('leaves the stage of the one front out of the path of another', async () => {
    const { url, traces, replays } = await start();
    // A client of the default endpoint has it in its address.
    const trace = await invoke(traces, 'rest-api', { request: stageless });
    const staged = { ...trace, id: 's', request: { ...trace.request, target: request.target } };
    traces.put(staged);
    await post(url, 'api/replay', { id: 's', source: 'function-url' });
    await post(url, 'api/replay', { id: 's' });
    const http = await invoke(traces, 'http-api-2', { request: { ...stageless, stage: 'live' } });
    traces.put({ ...http, request: { ...http.request, target: request.target } });
    await post(url, 'api/replay', { id: http.id, source: 'function-url' });
    expect(replays[2]?.event).toMatchObject({ rawPath: '/echo/a%2Fb' });
    // Where the address has none, a path that begins alike is the application's own.
    const own = { ...stageless, target: '/live/own', stage: 'live' };
    const { id } = await invoke(traces, 'http-api-2', { request: own });
    await post(url, 'api/replay', { id, source: 'function-url' });
    expect(replays[3]?.event).toMatchObject({ rawPath: '/live/own' });
    expect(replays[0]?.event).toMatchObject({ rawPath: '/echo/a%2Fb' });
    expect(replays[1]?.request.target).toBe(request.target);
  });

  it('takes an edited request, and an edited event', async () => {
    const { url, traces, replays } = await start();
    const { id } = await invoke(traces, 'http-api-2', { request: stageless });
    const edited = {
      method: 'PUT',
      target: '/other?y',
      headers: [['X-New', 'caf\xe9']],
      body: 'aGVsbG8=',
    };
    await post(url, 'api/replay', { id, request: edited });
    expect(replays[0]).toEqual({ id, request: { ...edited, body: Buffer.from('hello') } });
    await post(url, 'api/replay', { id, source: 'alb', request: edited });
    expect(replays[1]).toMatchObject({
      source: 'alb',
      event: { httpMethod: 'PUT', path: '/other' },
    });
    await post(url, 'api/replay', { id, event: { any: ['thing'] } });
    expect(replays[2]).toMatchObject({ source: 'http-api-2', event: { any: ['thing'] } });
  });

  it('sends the event where the request was not kept whole', async () => {
    const { url, traces, replays } = await start();
    const body = new Uint8Array(300_000);
    const trace = await invoke(traces, 'rest-api', { request: { ...stageless, body } });
    expect(tracedBody(body).truncated).toBe(true);
    await post(url, 'api/replay', { id: trace.id });
    expect(replays[0]).toMatchObject({ source: 'rest-api', event: trace.event });
    const { status, json } = await post(url, 'api/replay', { id: trace.id, source: 'alb' });
    expect({ status, json }).toEqual({
      status: 400,
      json: {
        message: "the request's 300000 bytes were not kept, so no other event can be made of it",
      },
    });
  });

  it.each([
    ['no JSON', '{', 400, /JSON/],
    ['no object', '7', 404, 'this invocation is not kept any more'],
    ['null', 'null', 404, 'this invocation is not kept any more'],
    ['an unknown id', { id: 'x' }, 404, 'this invocation is not kept any more'],
    [
      'an unknown source',
      { id: '{id}', source: 'sqs' },
      400,
      /^there is no source "sqs": use one of rest-api/,
    ],
    ['an inherited source', { id: '{id}', source: 'toString' }, 400, /no source/],
    [
      'a method with a break',
      edit({ method: 'GET\r\nX: 1' }),
      400,
      'no method can be "GET\\r\\nX: 1"',
    ],
    ['a path with a space', edit({ target: '/a b' }), 400, /^a path begins with \//],
    ['a path with a break', edit({ target: '/a\r\nX: 1' }), 400, /^a path begins with \//],
    ['no path', edit({ target: 'http://evil.example/' }), 400, /^a path begins with \//],
    [
      'a header with a break',
      edit({ headers: [['X', '1\r\nY: 2']] }),
      400,
      'the value of X holds what no header can',
    ],
    ['a header without name', edit({ headers: [['', '1']] }), 400, 'no header can be called ""'],
    ['headers that are none', edit({ headers: 'X: 1' }), 400, 'the headers are no list'],
    ['a body that is none', edit({ body: 7 }), 400, 'the body is no base64'],
  ])('refuses %s', async (_, wish, status, message) => {
    const { url, traces, replays } = await start();
    const { id } = await invoke(traces, 'alb');
    const text = (typeof wish === 'string' ? wish : JSON.stringify(wish)).replace('{id}', id);
    const answer = await post(url, 'api/replay', text);
    expect(answer.status).toBe(status);
    expect((answer.json as { message: string }).message).toMatch(message);
    expect(replays).toEqual([]);
  });

  it('refuses what is too long, and reads it to its end', async () => {
    const { url } = await start();
    const { status, json } = await post(url, 'api/replay', 'x'.repeat(17 * 1024 * 1024));
    expect({ status, json }).toEqual({
      status: 413,
      json: { message: 'that is too long for Lambda' },
    });
  });

  it('says why the gateway could not, and when there is none', async () => {
    const traces = new TraceLog();
    const { id } = await invoke(traces, 'alb');
    const broken = await start({
      traces,
      replay: () => Promise.reject(new Error('no instance left')),
    });
    expect(await post(broken.url, 'api/replay', { id })).toMatchObject({
      status: 502,
      json: { message: 'no instance left' },
    });
    const inspector = await startInspector({ traces });
    open.push(inspector);
    expect(await post(inspector.url, 'api/replay', { id })).toMatchObject({
      status: 501,
      json: { message: 'nothing here can replay' },
    });
  });
});

function edit(change: object): object {
  const request = { method: 'GET', target: '/', headers: [], body: '' };
  return { id: '{id}', request: { ...request, ...change } };
}
