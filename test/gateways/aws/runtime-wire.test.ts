/**
 * What stands on the wire between AWS's runtime client and the Runtime API, byte for byte: nothing
 * here is told by a parser that could be lenient.
 */
import { connect, createServer, type Server } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LambdaOptions } from '../../../src/gateways/aws.ts';
import { lambdaEvent, type LambdaRequest, type LambdaSource } from '../../../src/aws-model.ts';
import { requireDist } from '../../nodes.ts';
import { ric, type Runtime, runtimes } from '../../ric.ts';
import { PATIENT, start } from './runtime.ts';

/**
 * Listens between a client and the Runtime API, and keeps what the client sends: one text of
 * Latin-1 for each connection.
 */
class Tap implements AsyncDisposable {
  readonly sent: string[] = [];
  #server: Server | undefined;

  async listen(address: string): Promise<string> {
    const [host = '', port] = address.split(':');
    const server = createServer((client) => {
      const index = this.sent.push('') - 1;
      const upstream = connect(Number(port), host);
      client.on('data', (bytes) => (this.sent[index] += bytes.toString('latin1')));
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) {
        socket.on('error', () => undefined);
        socket.on('close', () => (client.destroy(), upstream.destroy()));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  /** The requests of every connection, each whole. */
  requests(start: string): string[] {
    return this.sent
      .flatMap((text) => text.split(/(?=(?:GET|POST) \/2018-06-01)/))
      .filter((request) => request.startsWith(start));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

interface Wire {
  requestId: string;
  /** The one POST with which the client answered. */
  post: string;
  next: string;
}

async function wire(
  runtime: Runtime,
  handler: string,
  request: LambdaRequest,
  {
    source = 'function-url',
    options = {},
  }: { source?: LambdaSource; options?: LambdaOptions } = {},
): Promise<Wire> {
  const tap = new Tap();
  let requestId: string;
  {
    await using lambda = await start(runtime, handler, options, {}, (address) =>
      tap.listen(address),
    );
    ({ requestId } = await lambda.invoke(lambdaEvent(source, request), PATIENT));
  }
  await tap[Symbol.asyncDispose]();
  const [post = '', ...others] = tap.requests(`POST /2018-06-01/runtime/invocation/${requestId}/`);
  expect(others).toEqual([]);
  const [next = ''] = tap.requests('GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n');
  return { requestId, post, next };
}

const chunk = (text: string): string => {
  const bytes = Buffer.from(text).toString('latin1');
  return `${bytes.length.toString(16)}\r\n${bytes}\r\n`;
};
const NULS = '\0'.repeat(8);
const END = '0\r\n\r\n';

/** A streamed answer: its head as the client writes it, and then `chunks`. */
function streamed(id: string, contentType: string, chunks: string): RegExp {
  const head = [
    `POST /2018-06-01/runtime/invocation/${id}/response HTTP/1.1`,
    'Lambda-Runtime-Function-Response-Mode: streaming',
    'Trailer: Lambda-Runtime-Function-Error-Type',
    'Trailer: Lambda-Runtime-Function-Error-Body',
    `Content-Type: ${contentType}`,
    'Transfer-Encoding: chunked',
    'Host: 127.0.0.1:PORT',
    'Connection: keep-alive',
    '',
    chunks,
  ];
  const escaped = head.join('\r\n').replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replace('PORT', String.raw`\d+`)}$`);
}

const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';
const TEXT = '"content-type":"text/plain; charset=utf-8"';

beforeAll(requireDist);

describe.skipIf(!ric).each(runtimes)('on $name', { concurrent: true }, (runtime) => {
  it('asks for an event', async () => {
    const { next } = await wire(runtime, 'buffered', { target: '/text' });
    expect(next).toMatch(/\r\naccept: \*\/\*\r\n/i);
    expect(next.endsWith('\r\n\r\n')).toBe(true);
    expect(/\r\nUser-Agent: AWS_Lambda_Cpp\//.test(next)).toBe(runtime.native);
  });

  it('sends a buffered reply as JSON with its length', async () => {
    const { requestId, post } = await wire(runtime, 'buffered', { target: '/two' });
    const [head = '', body = ''] = post.split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toBe(
      `POST /2018-06-01/runtime/invocation/${requestId}/response HTTP/1.1`,
    );
    const json = JSON.stringify({
      statusCode: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-multi': 'a, b' },
      cookies: ['t=1'],
      body: Buffer.concat([Buffer.from('é'), Buffer.alloc(20, 0xff)]).toString('base64'),
      isBase64Encoded: true,
    });
    expect(JSON.parse(body)).toEqual(JSON.parse(json));
    expect(head).toMatch(/\r\ncontent-type: application\/json(\r\n|$)/i);
    expect(head).toMatch(new RegExp(`\r\ncontent-length: ${body.length}(\r\n|$)`, 'i'));
    expect(head).not.toMatch(/transfer-encoding|response-mode/i);
  });

  it('reports a buffered error with its cause in a header of UTF-8', async () => {
    const options: LambdaOptions = { throwErrors: true };
    const { requestId, post } = await wire(runtime, 'buffered', { target: '/throw' }, { options });
    const [head = '', body = ''] = post.split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toBe(
      `POST /2018-06-01/runtime/invocation/${requestId}/error HTTP/1.1`,
    );
    const utf8 = Buffer.from('böse').toString('latin1');
    expect(head).toMatch(
      new RegExp(`\r\nlambda-runtime-function-xray-error-cause: \\{.*"message":"${utf8}"`, 'i'),
    );
    expect(head).not.toMatch(/function-error-type/i);
    expect(JSON.parse(Buffer.from(body, 'latin1').toString())).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'böse',
    });
  });

  it('sends prelude, eight NULs, and one chunk for each block', async () => {
    const { requestId, post } = await wire(runtime, 'streaming', { target: '/two' });
    const prelude = `{"statusCode":200,"headers":{${TEXT},"x-multi":"a, b"},"cookies":["t=1"]}`;
    const blocks = `2\r\n\u00c3\u00a9\r\n14\r\n${'\u00ff'.repeat(20)}\r\n`;
    const chunks = chunk(prelude) + chunk(NULS) + blocks + END;
    expect(post).toMatch(streamed(requestId, HTTP_RESPONSE, chunks));
  });

  it.each([
    ['GET', '/no-content', '{"statusCode":204,"headers":{"x-done":"yes"},"cookies":[]}'],
    ['GET', '/not-modified', '{"statusCode":304,"headers":{"etag":"\\"1\\""},"cookies":[]}'],
    ['HEAD', '/text', `{"statusCode":200,"headers":{${TEXT}},"cookies":[]}`],
  ])('sends the prelude alone for %s %s', async (method, target, prelude) => {
    const { requestId, post } = await wire(runtime, 'streaming', { method, target });
    const chunks = chunk(prelude) + chunk(NULS) + END;
    expect(post).toMatch(streamed(requestId, HTTP_RESPONSE, chunks));
  });

  it('sends a source that cannot stream one chunk of JSON', async () => {
    const request = { target: '/text' };
    const { requestId, post } = await wire(runtime, 'streaming', request, { source: 'alb' });
    const [, , body = ''] = /\r\n\r\n([0-9a-f]+)\r\n(.*)\r\n0\r\n\r\n$/s.exec(post) ?? [];
    expect(post).toMatch(
      streamed(requestId, 'application/json', `${body.length.toString(16)}\r\n${body}\r\n${END}`),
    );
    expect(JSON.parse(Buffer.from(body, 'latin1').toString())).toMatchObject({ body: 'Hällo\n' });
  });

  it.each([
    [
      'nothing but trailers for an error before the first block',
      '/throw',
      'application/octet-stream',
      '',
    ],
    [
      'trailers behind what had left for an error after it',
      '/throw-late',
      HTTP_RESPONSE,
      chunk(`{"statusCode":200,"headers":{${TEXT}},"cookies":[]}`) + chunk(NULS) + chunk('part'),
    ],
  ])('sends %s', async (_, target, contentType, chunks) => {
    const options: LambdaOptions = { throwErrors: true };
    const { requestId, post } = await wire(runtime, 'streaming', { target }, { options });
    const [, trailers = '', report = ''] =
      /\r\n0\r\n(Lambda-Runtime-Function-Error-Type: RangeError\r\nLambda-Runtime-Function-Error-Body: (\S+)\r\n\r\n)$/.exec(
        post,
      ) ?? [];
    expect(JSON.parse(Buffer.from(report, 'base64').toString())).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'böse',
    });
    expect(post).toMatch(streamed(requestId, contentType, `${chunks}0\r\n${trailers}`));
  });
});
