/** `toCloudFunction` and `toCloudEventFunction` in Google's own functions framework. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type CloudEvent, toCloudEventFunction, toCloudFunction } from '../../src/gateways/gcp.ts';
import type { Driver } from '../../src/testing/conformance.ts';
import {
  testRequest,
  type TestRequest,
  type TestRequestOptions,
  textOf,
} from '../../src/aws-model/message.ts';
import type { Application, Environ } from '../../src/types.ts';
import { describeConformance } from '../conformance/support.ts';
import { type FunctionServer, framework, serveEventFunction, serveHttpFunction } from '../gcp.ts';
import { httpDriver, send } from '../http-client.ts';

const CLIENT = '203.0.113.7';

/**
 * What Google's front end makes of a request: it appends the client's address and overwrites the
 * scheme.
 */
function throughFront(request: TestRequest): TestRequest {
  const headers = request.headers.filter(([name]) => !/^x-forwarded-proto$/i.test(name));
  const front = [
    ['X-Forwarded-For', CLIENT],
    ['X-Forwarded-Proto', 'https'],
  ] as const;
  return { ...request, scheme: 'http', headers: [...headers, ...front] };
}

async function serve(application: Application, basePath?: string): Promise<Driver> {
  const log: string[] = [];
  const options = {
    log: (line: string) => log.push(line),
    ...(basePath !== undefined && { basePath }),
  };
  const server = await serveHttpFunction(toCloudFunction(application, options));
  const driver = httpDriver({ http: { port: server.port } });
  return {
    ...driver,
    send: (request) => driver.send(throughFront(request)),
    log: () => log.join('\n'),
    close: () => server.close(),
  };
}

describe.runIf(framework)('in the functions framework', () => {
  describeConformance('toCloudFunction', {
    serve: (application) => serve(application),
    serveAt: (application, mount) => serve(application, mount),
    // Express answers OPTIONS *, and a path that is no UTF-8, by itself; Google's front end sends
    // nothing but paths.
    limits: ['origin-form-only', 'utf8-path-only', 'https-only', 'own-forwarded'],
    buffered: false,
    multithread: false,
    multiprocess: true,
    runOnce: false,
    concurrent: true,
  });

  const servers: FunctionServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  const telling =
    (tell: (environ: Environ) => unknown): Application =>
    async (environ, startResponse) => {
      const told = JSON.stringify(await tell(environ));
      startResponse('200 OK', [['Content-Type', 'application/json']]);
      return [new TextEncoder().encode(told)];
    };

  async function ask(
    tell: (environ: Environ) => unknown,
    request: TestRequestOptions,
  ): Promise<unknown> {
    const server = await serveHttpFunction(toCloudFunction(telling(tell)));
    servers.push(server);
    const { headers = [], body } = request;
    const length = body === undefined ? [] : [['Content-Length', String(body.length)] as const];
    const response = await send(
      { http: { port: server.port } },
      testRequest({ ...request, headers: [['Host', 'a'], ...headers, ...length] }),
    );
    return JSON.parse(textOf(response)) as unknown;
  }

  const bodyOf = async (environ: Environ): Promise<unknown[]> => [
    new TextDecoder().decode(await environ['wsgi.input'].read()),
    environ.CONTENT_LENGTH,
    environ.HTTP_CONTENT_ENCODING,
  ];

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])(
    'a body in %s arrives as the framework has inflated it, and says no more that it is compressed',
    async (coding, pack) => {
      const body = pack('{"a": "b"}');
      const headers = [
        ['Content-Type', 'application/json'],
        ['Content-Encoding', coding],
      ] as const;
      expect(await ask(bodyOf, { method: 'POST', headers, body })).toEqual([
        '{"a": "b"}',
        '10',
        null,
      ]);
    },
  );

  it('a body without a type, which the framework leaves alone, is streamed', async () => {
    expect(await ask(bodyOf, { method: 'POST', body: 'plain' })).toEqual(['plain', '5', null]);
    const buffered = (environ: Environ): unknown => environ['gatecall.input_buffered'];
    expect(await ask(buffered, { method: 'POST', body: 'plain' })).toBe(false);
    const headers = [['Content-Type', 'text/plain']] as const;
    expect(await ask(buffered, { method: 'POST', headers, body: 'plain' })).toBe(true);
  });

  it('a form and JSON arrive byte for byte, whatever the framework has parsed', async () => {
    for (const [type, body] of [
      ['application/x-www-form-urlencoded', 'b=2&a=%20&b=1'],
      ['application/json', '{ "a":1.0, "a":2 }'],
    ] as const) {
      const headers = [['Content-Type', type]] as const;
      expect(await ask(bodyOf, { method: 'POST', headers, body })).toEqual([
        body,
        String(body.length),
        null,
      ]);
    }
  });

  it('the client and the scheme are those that Google’s front end tells, and the execution has an id', async () => {
    const tell = ({ REMOTE_ADDR, 'wsgi.url_scheme': scheme, ...environ }: Environ): unknown => [
      REMOTE_ADDR,
      scheme,
      environ['gatecall.source'],
      environ['gatecall.request_id'],
    ];
    const headers = [
      ['X-Forwarded-For', '192.0.2.66, 203.0.113.7'],
      ['X-Forwarded-Proto', 'https'],
      ['Function-Execution-Id', 'abc'],
    ] as const;
    expect(await ask(tell, { headers })).toEqual([CLIENT, 'https', 'gcp', 'abc']);
  });

  describe('a CloudEvent function', () => {
    async function deliver(
      application: Application,
      headers: readonly (readonly [string, string])[],
      body: string | Uint8Array,
    ): Promise<{ status: number; log: string[] }> {
      const log: string[] = [];
      const handler = toCloudEventFunction(application, { log: (line) => log.push(line) });
      const server = await serveEventFunction(handler);
      servers.push(server);
      const length = ['Content-Length', String(Buffer.byteLength(body))] as const;
      const request = testRequest({
        method: 'POST',
        headers: [['Host', 'a'], ...headers, length],
        body,
      });
      return { status: (await send({ http: { port: server.port } }, request)).status, log };
    }
    const binary = [
      ['ce-specversion', '1.0'],
      ['ce-id', '8e1f'],
      ['ce-source', '//pubsub.googleapis.com/projects/p/topics/t'],
      ['ce-type', 'google.cloud.pubsub.topic.v1.messagePublished'],
      ['ce-subject', 'Euro%20%E2%82%AC'],
    ] as const;

    function recording(seen: unknown[], status = '204 No Content'): Application {
      return async (environ, startResponse) => {
        const body = new TextDecoder().decode(await environ['wsgi.input'].read());
        const { REQUEST_METHOD, PATH_INFO, HTTP_CE_ID, HTTP_CE_SUBJECT, CONTENT_TYPE } = environ;
        seen.push([REQUEST_METHOD, PATH_INFO, HTTP_CE_ID, HTTP_CE_SUBJECT, CONTENT_TYPE, body]);
        startResponse(status, []);
        return [];
      };
    }

    it('gets an event in binary mode as the request that carries it', async () => {
      const seen: unknown[] = [];
      const headers = [...binary, ['Content-Type', 'application/json']] as const;
      const { status } = await deliver(recording(seen), headers, '{"message": {"data": "aGk="}}');
      expect(status).toBe(204);
      expect(seen).toEqual([
        [
          'POST',
          '/',
          '8e1f',
          'Euro%20%E2%82%AC',
          'application/json',
          '{"message":{"data":"aGk="}}',
        ],
      ]);
    });

    it('gets an event in structured mode the same way, text encoded and base64 decoded', async () => {
      const event = {
        specversion: '1.0',
        id: '8e1f',
        source: '//s',
        type: 't',
        subject: 'Euro € 5%',
        datacontenttype: 'text/plain',
        data_base64: 'aGVsbG8=',
      };
      const seen: unknown[] = [];
      const headers = [['Content-Type', 'application/cloudevents+json']] as const;
      await deliver(recording(seen), headers, JSON.stringify(event));
      expect(seen).toEqual([
        ['POST', '/', '8e1f', 'Euro%20%E2%82%AC%205%25', 'text/plain', 'hello'],
      ]);
    });

    it('fails, to be delivered again, at an answer from 500 on and at an error; not at one below', async () => {
      const headers = [...binary, ['Content-Type', 'application/json']] as const;
      const busy = await deliver(recording([], '503 Service Unavailable'), headers, '{}');
      expect(busy.status).toBe(500);
      const broken = await deliver(
        () => {
          throw new Error('in the application');
        },
        headers,
        '{}',
      );
      expect(broken.status).toBe(500);
      expect(broken.log.join('\n')).toContain('in the application');
      const missing = await deliver(recording([], '404 Not Found'), headers, '{}');
      expect(missing.status).toBe(204);
      expect(missing.log.join('\n')).toContain('event 8e1f: the answer 404 Not Found');
    });
  });
});

describe('without the framework', () => {
  const application: Application = (_environ, startResponse) => {
    startResponse('204 No Content', []);
    return [];
  };

  it('an event function takes one parameter, a function two: the framework looks', () => {
    expect(toCloudEventFunction(application)).toHaveLength(1);
    expect(toCloudFunction(application)).toHaveLength(2);
  });

  it('says what is no application and what is no event', async () => {
    expect(() => toCloudFunction({} as Application)).toThrow('an application is a function');
    expect(() => toCloudEventFunction(undefined as unknown as Application)).toThrow(
      'an application is a function',
    );
    await expect(
      toCloudEventFunction(application)('text' as unknown as CloudEvent),
    ).rejects.toThrow('a CloudEvent is an object');
  });
});
