/** What holds for every middleware, whatever it does. */
import { gunzipSync } from 'node:zlib';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { text } from '../src/core/response/answers.ts';
import { toLambdaHandler } from '../src/gateways/aws.ts';
import * as exported from '../src/middleware.ts';
import { compress } from '../src/middleware.ts';
import {
  conformanceCases,
  formatReport,
  runConformance,
  type Subject,
} from '../src/testing/conformance.ts';
import { lambdaEvent, lambdaResponse, lambdaSources } from '../src/aws-model.ts';
import {
  header,
  type TestRequestOptions,
  type TestResponse,
  textOf,
} from '../src/aws-model/message.ts';
import type { Application, Middleware, ResponseBody, StartResponse } from '../src/types.ts';
import { validator } from '../src/validator.ts';
import { coreSubject } from './conformance/support.ts';
import { all, bytes, environOf, show } from './middleware/support.ts';
import { root } from './nodes.ts';

const middleware = Object.entries(all);

/** What is exported beside middleware. */
const tools: readonly string[] = ['compose', 'safeEqual'];

it('every middleware is under these laws', () => {
  const named = Object.entries(exported).filter(
    ([name, value]) => typeof value === 'function' && !tools.includes(name),
  );
  expect(named.map(([name]) => name).sort()).toEqual(Object.keys(all).sort());
});

// ── The conformance table ───────────────────────────────────────────────────────────────────────

/** Cases in which a middleware is there to do otherwise. */
const otherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  basicAuth: {
    'T-23': 'REMOTE_USER is what it adds',
  },
  head: {
    'T-163':
      'the body of a HEAD is closed without having been begun, so its iterator is not stopped',
    'T-167': 'the same',
  },
  proxyFix: {
    'T-31': 'the address is believed to come from a proxy',
    'T-36': 'the scheme is believed to come from a proxy',
  },
};

/** T-127 runs all the others once more, between two validators; here that is a law of its own. */
function casesFor(name: string): string[] {
  const skipped = { ...otherwise[name], 'T-127': '' };
  return conformanceCases.map(({ id }) => id).filter((id) => !(id in skipped));
}

/** The core with a middleware around whatever it serves. */
function around(kind: 'buffered' | 'streaming', wrap: Middleware): Subject {
  const core = coreSubject(kind);
  const { serveAt } = core;
  return {
    ...core,
    serve: (application) => core.serve(wrap(application)),
    ...(serveAt && { serveAt: (application, mount) => serveAt(wrap(application), mount) }),
  };
}

describe('the conformance table, streaming', () => {
  it.each(middleware)('holds through %s', async (name, wrap) => {
    const only = casesFor(name);
    const bare = await runConformance(around('streaming', wrap), { only, validate: 'bare' });
    expect(bare.failed, formatReport(bare)).toBe(0);
    expect(bare.passed).toBeGreaterThan(100);
  });
});

describe('the conformance table, buffered, between two validators', () => {
  it.each(middleware)('holds through %s', async (name, wrap) => {
    const only = casesFor(name);
    // In this mode the application is in a validator already.
    const subject = around('buffered', (application) => validator(wrap(application)));
    const nested = await runConformance(subject, { only, validate: 'validated' });
    expect(nested.failed, formatReport(nested)).toBe(0);
    expect(nested.passed).toBeGreaterThan(100);
  });
});

it('the conformance table holds through compress when everything is compressed', async () => {
  const squeeze: Middleware = (application) => {
    const compressed = compress(application, { threshold: 0, types: () => true });
    return (environ, startResponse) => {
      environ.HTTP_ACCEPT_ENCODING ??= 'gzip';
      return compressed(environ, startResponse);
    };
  };
  const core = around('buffered', squeeze);
  let decoded = 0;
  const subject: Subject = {
    ...core,
    serveAt: undefined as never,
    // A length the application declares no longer holds.
    limits: [...(core.limits ?? []), 'no-framing'],
    async serve(application) {
      const driver = await core.serve(application);
      return {
        ...driver,
        async send(request) {
          const response = await driver.send(request);
          if (response.body[0] !== 0x1f || response.body[1] !== 0x8b) return response;
          decoded++;
          const headers = response.headers.filter(
            ([name]) => !/^(?:vary|content-(?:encoding|length))$/.test(name),
          );
          return { ...response, headers, body: gunzipSync(response.body) };
        },
      };
    },
  };
  const report = await runConformance(subject);
  expect(report.failed, formatReport(report)).toBe(0);
  expect(decoded).toBeGreaterThan(200);
});

// ── Duties of the outer side ────────────────────────────────────────────────────────────────────

const started: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [];
};

async function* endless(taken: { count: number }): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    taken.count++;
    yield bytes(`block ${taken.count}\n`.repeat(100));
  }
}

interface Seen {
  starts: { status: string; error: unknown }[];
  written: string;
  body: ResponseBody;
}

/** Calls as a server does, and keeps what came. */
async function call(application: Application, headers: Record<string, string> = {}): Promise<Seen> {
  const seen: Omit<Seen, 'body'> = { starts: [], written: '' };
  const startResponse: StartResponse = (status, _headers, error) => {
    seen.starts.push({ status, error });
    return (data) => void (seen.written += show(data));
  };
  const body = await application(environOf({ headers }), startResponse);
  return Object.assign(seen, { body });
}

describe.each(middleware)('%s', (_name, wrap) => {
  it('refuses what is no application', () => {
    expect(() => wrap('nothing' as never)).toThrow(/an application is a function/);
  });

  it('hands the very error on to the server', async () => {
    const error = new Error('the reason');
    const { starts } = await call(
      wrap((_environ, startResponse) => {
        startResponse('200 OK', [['Content-Type', 'text/plain']]);
        startResponse('500 Sorry', [['Content-Type', 'text/plain']], error);
        return [bytes('sorry')];
      }),
    );
    expect(starts.at(-1)).toEqual({ status: '500 Sorry', error });
    expect(starts.at(-1)?.error).toBe(error);
  });

  it('gives a block for each it takes, and holds none', async () => {
    const taken = { count: 0 };
    const seen = await call(
      wrap((_environ, startResponse) => {
        startResponse('200 OK', [['Content-Type', 'text/plain']]);
        return endless(taken);
      }),
      { 'Accept-Encoding': 'gzip' },
    );
    expect(taken.count).toBe(0);
    const iterator = (seen.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    for (let count = 1; count <= 5; count++) {
      const step = await iterator.next();
      expect(step.done).toBeFalsy();
      expect((step.value as Uint8Array).length).toBeGreaterThan(0);
      expect(taken.count).toBe(count);
    }
    await iterator.return?.();
    await seen.body.close?.();
    expect(taken.count).toBe(5);
  });

  it('writes what is written, and yields what is yielded', async () => {
    const { written, body } = await call(
      wrap((_environ, startResponse) => {
        const write = startResponse('200 OK', [['Content-Type', 'text/plain']]);
        void write(bytes('one '));
        void write(bytes('two '));
        return [bytes('three')];
      }),
    );
    const yielded: string[] = [];
    for await (const block of body) yielded.push(show(block));
    await body.close?.();
    expect(written).toBe('one two ');
    expect(yielded.join('')).toBe('three');
  });

  it.each(['read', 'unread'])('closes a body once: %s', async (state) => {
    let closed = 0;
    const { body } = await call(
      wrap((_environ, startResponse) => {
        startResponse('200 OK', [['Content-Type', 'text/plain']]);
        return Object.assign([bytes('body')], { close: () => void closed++ });
      }),
    );
    let blocks = 0;
    if (state === 'read') for await (const block of body) blocks += block.length > 0 ? 1 : 0;
    await body.close?.();
    expect([blocks, closed]).toEqual([state === 'read' ? 1 : 0, 1]);
  });
});

// ── All at once ─────────────────────────────────────────────────────────────────────────────────

describe.each(lambdaSources)('a stack of them all behind %s', (source) => {
  const page = 'A page that is long enough to be worth compressing. '.repeat(60);
  const lines: string[] = [];
  const application: Application = async (environ, startResponse) => {
    if (environ.PATH_INFO === '/error') throw new Error('on purpose');
    const body = show(await environ['wsgi.input'].read(1000));
    const { REQUEST_METHOD: method, SCRIPT_NAME: script, PATH_INFO: path } = environ;
    // A REST API's stage stands in front of the mount.
    const facts = `${method} ${script.replace('/live', '')} ${path} ${environ.REMOTE_USER}`;
    return text(`${facts} ${body}\n${page}`)(environ, startResponse);
  };
  const logged: Middleware = (inner) =>
    exported.accessLog(inner, { log: (line) => lines.push(line) });
  // Mounted it is below, and logged it is outside, where the log tells what the client got.
  const others = middleware.filter(([name]) => name !== 'accessLog' && name !== 'mount');
  const order = [logged, ...others.map(([, wrap]) => wrap)];
  const stack = order.reduceRight((inner, wrap) => wrap(inner), application);
  const handler = toLambdaHandler(validator(exported.mount({ '/shop': stack }), { strict: true }), {
    log: () => {},
  });
  const send = async (options: TestRequestOptions): Promise<TestResponse> =>
    lambdaResponse(source, await handler(lambdaEvent(source, options)), options);

  it('serves a page, compressed, and then not again', async () => {
    lines.length = 0;
    const request: TestRequestOptions = {
      target: '/shop/page?x=1',
      headers: [
        ['Host', 'shop.example'],
        ['Accept-Encoding', 'gzip'],
        ['Origin', 'https://example.com'],
        ['X-Forwarded-Proto', 'https'],
      ],
    };
    const response = await send(request);
    expect(response.status, textOf(response)).toBe(200);
    expect(gunzipSync(response.body).toString()).toBe(`GET /shop /page user \n${page}`);
    expect(header(response, 'content-encoding')).toBe('gzip');
    expect(header(response, 'vary')).toBe('Accept-Encoding');
    expect(header(response, 'access-control-allow-origin')).toBe('*');
    expect(header(response, 'x-content-type-options')).toBe('nosniff');
    expect(header(response, 'x-request-id')).toMatch(/./);
    const tag = header(response, 'etag') ?? '';
    expect(tag).toMatch(/^W\/"/);
    const headers = [...(request.headers ?? []), ['If-None-Match', tag] as const];
    const again = await send({ ...request, headers });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/"GET \S*\/shop\/page\?x=1 HTTP\/[\d.]+" 200 \d+ /);
    expect(lines[1]).toMatch(/ 304 - /);
  });

  it('answers HEAD, files, forms and errors', async () => {
    const host = ['Host', 'shop.example'] as const;
    const bare = await send({ method: 'HEAD', target: '/shop/page', headers: [host] });
    expect([bare.status, bare.body.length]).toEqual([200, 0]);
    const file = await send({
      target: '/shop/support.ts',
      headers: [host, ['Range', 'bytes=0-2']],
    });
    expect([file.status, textOf(file)]).toEqual([206, '/**']);
    // A viewer-request function is given no body longer than 40 KB; this one passes everywhere.
    const form = await send({
      method: 'POST',
      target: '/shop/form',
      headers: [host, ['Content-Type', 'application/x-www-form-urlencoded']],
      body: '_method=DELETE&a=1',
    });
    expect(textOf(form)).toContain('DELETE /shop /form user _method=DELETE&a=1\n');
    const failed = await send({ target: '/shop/error', headers: [host] });
    expect([failed.status, textOf(failed)]).toEqual([500, 'Internal Server Error\n']);
    const beyond = await send({ target: '/shopping', headers: [host] });
    expect(beyond.status).toBe(404);
  });
});

// ── Hosts ───────────────────────────────────────────────────────────────────────────────────────

it('the module loads on a host without Node, and says what such a host has not', async () => {
  const { outputFiles } = await build({
    stdin: { contents: `export * from './src/middleware.ts'`, resolveDir: root },
    bundle: true,
    platform: 'neutral',
    format: 'iife',
    globalName: 'middleware',
    write: false,
    tsconfigRaw: {},
  });
  const code = outputFiles[0]?.text ?? '';
  expect(code).not.toMatch(/\brequire\(|\bimport\s*\(/);
  const host = { TextEncoder, TextDecoder, crypto, performance, AbortController, AbortSignal };
  const loaded = runInNewContext(`${code}; middleware`, { ...host, Uint8Array }) as typeof exported;
  expect(Object.keys(loaded).sort()).toEqual(Object.keys(exported).sort());
  expect((await call(loaded.cors(started))).starts).toHaveLength(1);
  expect(() => loaded.staticFiles(started, { root: '.' })).toThrow(
    /staticFiles\(\) needs node:fs, which this host has not/,
  );
});
