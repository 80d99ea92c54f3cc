/** The bridge's two ways in, by the environ and past it, must not be told apart by any request. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { type LambdaOptions, toLambdaHandler } from '../../src/gateways/aws.ts';
import {
  lambdaEvent,
  type LambdaRequest,
  lambdaSources,
  type LambdaSource,
} from '../../src/aws-model.ts';
import { callApplication } from '../../src/core/call.ts';
import { createGatewayRequest } from '../../src/core/gateway-request.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import type { Application, Environ } from '../../src/types.ts';

const NAMES = [
  'x-tag',
  'X-Tag',
  'x_tag',
  'accept',
  'connection',
  'cookie',
  'content-length',
  'content-type',
  'host',
  'proxy',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'user-agent',
  '__proto__',
  'constructor',
  'x-absent',
];

/** Everything that can be seen: each header asked for before and after the list has been made. */
const dump = async (request: Request): Promise<Response> => {
  const ask = (): unknown =>
    NAMES.filter((name) => name !== '').map((name) => [
      name,
      request.headers.get(name),
      request.headers.has(name),
    ]);
  const before = ask();
  const all = [...request.headers];
  return Response.json([
    request.method,
    request.url,
    before,
    all,
    ask(),
    await request.text(),
    request.signal.aborted,
  ]);
};

async function bothWays(
  source: LambdaSource,
  request: LambdaRequest,
  kind: 'light' | 'standard',
  options: LambdaOptions = {},
): Promise<unknown[]> {
  const application = fromFetchHandler(dump, { request: kind });
  // Behind a middleware there is no side door.
  const behind: Application = (environ, startResponse) => application(environ, startResponse);
  const context = { awsRequestId: 'id', getRemainingTimeInMillis: () => 3000 };
  const quiet = { log: () => undefined, ...options };
  return Promise.all(
    [application, behind].map((one) =>
      toLambdaHandler(one, quiet)(lambdaEvent(source, request), context),
    ),
  );
}

describe.each(lambdaSources)('past the environ on %s', (source) => {
  it.each([
    [{ target: '/' }],
    [
      {
        target: '/a/b?x=1&y=%20',
        headers: [
          ['Host', 'app.example'],
          ['X-Tag', 'one'],
          ['User-Agent', 'test/1.0'],
        ],
      },
    ],
    [{ target: '/a%2Fb/../c//d?q=%zz', headers: [['Host', 'app.example']] }],
    [
      {
        target: '/',
        headers: [
          ['Host', 'APP.example:8443'],
          ['X-Tag', ' spaced '],
          ['X-Tag', 'two'],
          ['x_tag', 'no'],
        ],
      },
    ],
    [{ target: '/', headers: [['Host', 'bad host/evil']] }],
    [
      {
        target: '/',
        headers: [
          ['Host', 'app.example'],
          ['Connection', 'x-tag'],
          ['X-Tag', 'gone'],
          ['TE', 'trailers'],
          ['Proxy', 'http://evil.example'],
        ],
      },
    ],
    [
      {
        target: '/',
        headers: [
          ['Host', 'app.example'],
          ['Cookie', 'a=1'],
          ['Cookie', 'b=2'],
          ['__proto__', 'p'],
          ['constructor', 'c'],
        ],
      },
    ],
    [
      {
        method: 'POST',
        target: '/caf%C3%A9',
        headers: [
          ['Host', 'app.example'],
          ['Content-Type', 'text/plain'],
          ['X-Tag', 'caf\u00c3\u00a9'],
        ],
        body: 'text',
      },
    ],
    [{ method: 'DELETE', target: '/shop/x', headers: [['Host', 'app.example']] }],
  ] satisfies [LambdaRequest][])('%j is the same request', async (request) => {
    for (const kind of ['light', 'standard'] as const) {
      for (const options of [{}, { basePath: '/shop' }]) {
        const [past, through] = await bothWays(source, request, kind, options);
        expect(past).toEqual(through);
      }
    }
  });
});

it('is the same request, whatever it is made of', async () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      'Z',
      '0',
      ' ',
      '\t',
      '%',
      '2',
      'F',
      '.',
      '/',
      '\u00e9',
      '"',
      '<',
      ',',
      ';',
      '=',
    ),
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...lambdaSources),
      fc.constantFrom('GET', 'POST', 'get', 'PROPFIND'),
      text,
      fc.option(text),
      fc.array(fc.tuple(fc.constantFrom(...NAMES), text), { maxLength: 6 }),
      fc.option(text),
      async (source, method, path, query, headers, body) => {
        const target = `/${path}${query === null ? '' : `?${query}`}`;
        const request = {
          method,
          target,
          headers: [['Host', 'app.example'], ...headers] satisfies [string, string][],
          ...(body !== null && { body }),
        };
        for (const kind of ['light', 'standard'] as const) {
          const [past, through] = await bothWays(source, request, kind);
          expect(past).toEqual(through);
        }
      },
    ),
    { numRuns: 300 },
  );
});

describe.each(['light', 'standard'] as const)('a %s request directly behind a gateway', (kind) => {
  it('makes no environ, which costs more than all the rest', async () => {
    const application = fromFetchHandler(
      async (request) => {
        const { method, url, headers } = request;
        return Response.json([method, url, headers.get('x-tag'), await request.text()]);
      },
      { request: kind },
    );
    const { parts, server, signal } = createGatewayRequest(
      {
        method: 'POST',
        rawPath: '/a',
        query: 'b=1',
        headers: { host: 'app.example', 'x-tag': 'one' },
        body: Buffer.from('text'),
      },
      { errors: errorStream(() => undefined) },
    );
    let made = 0;
    const { body } = await callApplication(application, {
      parts,
      server,
      signal,
      get environ(): Environ {
        made++;
        return createEnviron(parts, server);
      },
    });
    expect(JSON.parse(Buffer.from(body).toString())).toEqual([
      'POST',
      'https://app.example/a?b=1',
      'one',
      'text',
    ]);
    expect(made).toBe(0);
  });
});

/** What is done with a body, and what is to be seen of it afterwards. */
const uses: Record<string, (request: Request) => unknown> = {
  'read it twice': async (request) => [await request.text(), await request.text()],
  'read it as bytes': async (request) => Buffer.from(await request.arrayBuffer()).toString(),
  'read it as JSON': (request) => request.json(),
  'read it as a blob': async (request) => (await request.blob()).text(),
  'read it as a form': async (request) => [...(await request.formData())],
  'look at it, and read it': async (request) => [request.body?.locked, await request.text()],
  'hand it on': async (request) => [await new Response(request.body).text(), request.bodyUsed],
  'lock it, and read it': (request) => {
    request.body?.getReader();
    return request.text();
  },
  'read a part of it': async (request) => {
    const reader = request.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    return request.text();
  },
  'cancel it': async (request) => {
    await request.body?.cancel();
    return request.text();
  },
  'clone it, and read both': async (request) => {
    const clone = request.clone();
    return [await clone.text(), request.bodyUsed, clone.bodyUsed, await request.json()];
  },
  'clone it twice': async (request) => {
    const clones = [request.clone(), request.clone().clone()];
    const texts = await Promise.all([...clones, request].map((one) => one.text()));
    return [texts, await request.json()];
  },
  'read it, and clone it': async (request) => [await request.text(), request.clone().bodyUsed],
};

describe.each(Object.entries(uses))('to %s', (_name, use) => {
  it.each(['light', 'standard'] as const)('is the same with a %s request', async (kind) => {
    const seen = async (request: Request): Promise<unknown> => {
      const outcome = await Promise.resolve(use(request)).then(
        (value) => ['gave', value],
        (error: unknown) => ['failed', (error as Error).name],
      );
      return [outcome, request.bodyUsed, request.body?.locked];
    };
    const made = async (request: Request): Promise<unknown> => {
      try {
        return await seen(request);
      } catch (error) {
        return (error as Error).name;
      }
    };
    for (const [type, body] of [
      ['application/json', '{"a":1}'],
      ['application/x-www-form-urlencoded', 'a=1&b=2'],
      ['text/plain', ''],
    ] as const) {
      const init = { method: 'POST', headers: { 'content-type': type }, body: body || null };
      const wanted = await made(new Request('https://app.example/', init));
      let found: unknown;
      const handler = toLambdaHandler(
        fromFetchHandler(
          async (request) => {
            found = await made(request);
            return new Response();
          },
          { request: kind },
        ),
      );
      const headers: [string, string][] = [
        ['Host', 'app.example'],
        ['Content-Type', type],
      ];
      const event = lambdaEvent('http-api-2', { method: 'POST', headers, body });
      await handler(event, { getRemainingTimeInMillis: () => 3000 });
      expect(found).toEqual(wanted);
    }
  });
});

describe.each([{ request: 'light' as const }, { request: 'standard' as const }])(
  'a $request request with little time left',
  ({ request: kind }) => {
    it('aborts, and so do its copies and clones, made before and after', async () => {
      const seen: unknown[] = [];
      const handler = toLambdaHandler(
        fromFetchHandler(
          async (request) => {
            expect(request.signal.aborted).toBe(false);
            const clone = request.clone();
            const copies = [
              // On Node 24 only a real one can be copied (decisions/010-light-requests.md).
              ...(kind === 'standard' ? [new Request(request), new Request(request.clone())] : []),
              request.clone().clone(),
              clone,
            ];
            for (const copy of copies) expect(copy.signal.aborted).toBe(false);
            await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
            copies.push(request, request.clone(), clone.clone());
            if (kind === 'standard') copies.push(new Request(request), new Request(clone));
            for (const { signal } of copies) seen.push(signal.reason, signal.aborted);
            expect(clone.headers.get('x-tag')).toBe('one');
            return new Response();
          },
          { request: kind },
        ),
        { deadlineMargin: 60, throwErrors: true },
      );
      const event = lambdaEvent('http-api-2', {
        headers: [
          ['Host', 'app.example'],
          ['X-Tag', 'one'],
        ],
      });
      const end = Date.now() + 100;
      await handler(event, { getRemainingTimeInMillis: () => end - Date.now() });
      expect(seen.filter((_, index) => index % 2 === 1)).not.toContain(false);
      for (const reason of seen.filter((_, index) => index % 2 === 0)) {
        expect(reason).toMatchObject({ name: 'DeadlineExceeded' });
      }
      expect(seen.length).toBeGreaterThan(6);
    });
  },
);
