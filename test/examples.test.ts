import { describe, expect, test } from 'vitest';
import { application as demo } from '../examples/application.ts';
import { handler } from '../examples/aws/handler.ts';
import { callApplication } from '../src/call.ts';
import { createEnviron } from '../src/environ.ts';
import { errorStream } from '../src/error-stream.ts';
import { toLambdaHandler } from '../src/gateways/aws.ts';
import { statusCode } from '../src/status.ts';
import { lambdaEvent, lambdaResponse, lambdaSources } from '../src/testing/aws.ts';
import {
  header,
  headerLines,
  type TestRequestOptions,
  testRequest,
  type TestResponse,
  textOf,
} from '../src/testing/http.ts';
import { validator } from '../src/validator.ts';

/** Strict: what the validator would only warn of is an error too, and so a 500. */
const application = validator(demo, { strict: true });

interface Server {
  name: string;
  /** Asks for a page; what the application logs goes to `log`. */
  get: (request: TestRequestOptions, log?: string[]) => Promise<TestResponse>;
}

const native: Server = {
  name: 'callApplication',
  get: async (options, log = []) => {
    const { method, target, headers, body } = testRequest(options);
    const [rawPath = '', query] = target.split('?');
    const facts = { method, rawPath, query, headers, body, remoteAddress: '203.0.113.7' };
    const environ = createEnviron(facts, { errors: errorStream((line) => log.push(line)) });
    const response = await callApplication(application, environ);
    return {
      status: statusCode(response.status),
      headers: response.headers.map(([name, value]) => [name.toLowerCase(), value]),
      body: response.body,
    };
  },
};

const lambdas = lambdaSources.map((source): Server => ({
  name: source,
  get: async (request, log = []) => {
    const event = lambdaEvent(source, request);
    const handle = toLambdaHandler(application, { errors: (line) => log.push(line) });
    return lambdaResponse(source, await handle(event), request);
  },
}));

describe.each([native, ...lambdas])('the demo through $name', ({ name, get }) => {
  test('/ shows the request as text', async () => {
    const response = await get({
      target: '/?a=1&b=%32',
      headers: [
        ['Host', 'shop.example.com'],
        ['Cookie', 'sid=abc123; theme=d%20k'],
        ['X-Tag', 'one'],
      ],
      clientAddress: '203.0.113.7',
    });
    expect(response.status).toBe(200);
    expect(header(response, 'content-type')).toBe('text/plain; charset=utf-8');
    const lines = textOf(response).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'method       GET',
        'scheme       https',
        'path         /',
        'cookie       sid=abc123',
        'cookie       theme=d%20k',
        'x-tag        one',
        name === 'callApplication' ? 'source' : `source       ${name}`,
        'client       203.0.113.7',
      ]),
    );
    // A REST API and an HTTP API of payload 1.0 hand over decoded parameters: how they were sent is lost there.
    expect(lines.find((line) => line.startsWith('query'))).toMatch(/ a=1&b=(%32|2)$/);
  });

  test('/echo gives a PNG back, below any path', async () => {
    const body = (await get({ target: '/image' })).body;
    const response = await get({
      method: 'POST',
      target: '/echo/caf%C3%A9%20bar/a%2Fb',
      headers: [['Content-Type', 'image/png']],
      body,
    });
    expect(response.status).toBe(200);
    expect(header(response, 'content-type')).toBe('image/png');
    expect(header(response, 'x-body-length')).toBe('128');
    expect(response.body).toEqual(body);
  });

  test('/echo does not pass on a media type that is none', async () => {
    const headers = [['Content-Type', 'no type at all']] as const;
    const response = await get({ method: 'POST', target: '/echo', headers, body: 'text' });
    expect(header(response, 'content-type')).toBe('application/octet-stream');
    expect(textOf(response)).toBe('text');
  });

  test('/echo takes no more than it can hold', async () => {
    const response = await get({
      method: 'POST',
      target: '/echo',
      body: new Uint8Array(6_000_001),
    });
    expect(response.status).toBe(413);
  });

  test('/echo of nothing is empty', async () => {
    const response = await get({ target: '/echo' });
    expect(response.status).toBe(200);
    expect(header(response, 'x-body-length')).toBe('0');
    expect(response.body).toHaveLength(0);
  });

  test('/stream sends every block, in order', async () => {
    expect(textOf(await get({ target: '/stream' }))).toBe('one\ntwo\nthree\nfour\n');
  });

  test('/cookies sets two', async () => {
    const cookies = headerLines(await get({ target: '/cookies' }), 'set-cookie');
    // A reply to VPC Lattice holds one value a header.
    const names = name.startsWith('lattice-') ? ['flavour'] : ['flavour', 'expires'];
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(names);
  });

  test('/image is a PNG', async () => {
    const response = await get({ target: '/image' });
    expect(header(response, 'content-type')).toBe('image/png');
    expect([...response.body.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  });

  test('/json is JSON', async () => {
    const response = await get({ target: '/json' });
    expect(header(response, 'content-type')).toBe('application/json');
    expect(JSON.parse(textOf(response))).toMatchObject({ method: 'GET', path: '/json' });
  });

  test('/error is logged with its stack, and the client learns nothing of it', async () => {
    const log: string[] = [];
    const response = await get({ target: '/error' }, log);
    expect(response.status).toBe(500);
    expect(textOf(response)).not.toContain('purpose');
    expect(log.join('\n')).toMatch(/thrown on purpose.*examples\/application\.ts/s);
  });

  test('anything else is a 404 that names the path as it came', async () => {
    for (const [target, path] of [
      ['/caf%C3%A9', '/café'],
      ['/echoes', '/echoes'],
      ['/constructor', '/constructor'],
    ] as const) {
      const response = await get({ target });
      expect(response.status).toBe(404);
      expect(textOf(response)).toBe(`Nothing at ${path}\n`);
    }
  });

  test('HEAD has no body', async () => {
    const response = await get({ method: 'HEAD', target: '/image' });
    expect(response.status).toBe(200);
    expect(response.body).toHaveLength(0);
  });
});

test('examples/aws/handler.ts is the demo', async () => {
  const request = { target: '/json?x=1' };
  const reply = await handler(lambdaEvent('function-url', request));
  const response = lambdaResponse('function-url', reply, request);
  expect(JSON.parse(textOf(response))).toEqual({
    method: 'GET',
    path: '/json',
    query: 'x=1',
    source: 'function-url',
  });
});
