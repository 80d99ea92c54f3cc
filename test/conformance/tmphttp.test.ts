import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { callApplication } from '../../src/call.ts';
import { createEnviron } from '../../src/environ.ts';
import { streamedInput } from '../../src/input.ts';
import { errorStream } from '../../src/error-stream.ts';
import { nativeToText } from '../../src/native.ts';
import type { Driver } from '../../src/testing/conformance.ts';
import type { Application } from '../../src/types.ts';
import type { TestRequest, TestResponse } from '../../src/testing/http.ts';
import { describeConformance } from './support.ts';

async function serve(application: Application): Promise<Driver> {
  const log: string[] = [];
  const server = createServer((req, res) => void handle(req, res));
  async function handle(req: IncomingMessage, res: ServerResponse) {
    const controller = new AbortController();
    res.on('close', () => { if (!res.writableFinished) controller.abort(); });
    const [rawPath = '', ...query] = (req.url ?? '').split('?');
    const headers: [string, string][] = [];
    for (let i = 0; i < req.rawHeaders.length; i += 2) headers.push([req.rawHeaders[i]!, nativeToText(req.rawHeaders[i + 1]!)]);
    const length = req.headers['content-length'];
    const chunked = req.headers['transfer-encoding'] !== undefined;
    const environ = createEnviron({
      method: req.method!, rawPath, query: query.join('?'), headers, scheme: 'http', protocol: `HTTP/${req.httpVersion}`,
      input: streamedInput(length === undefined && !chunked ? [] : req, length === undefined ? {} : { length: Number(length) }),
      contentLength: length === undefined ? undefined : Number(length),
      remoteAddress: req.socket.remoteAddress, errors: errorStream((m) => log.push(m)), concurrent: true,
    });
    await callApplication(application, environ, {
      begin(status, list) { res.writeHead(Number(status.slice(0, 3)), status.slice(4), list.flat()); },
      send: (block) => new Promise<void>((ok, no) => res.write(block, (e) => e ? no(e) : ok())),
      end: () => void res.end(),
      abort: () => void res.destroy(),
    }, { signal: controller.signal });
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const start = (request: TestRequest) => {
    const req = httpRequest({ port, host: '127.0.0.1', method: request.method, path: request.target, headers: request.headers.flat() as never, setHost: false, agent: false });
    return req;
  };
  return {
    log: () => log.join('\n'),
    send: (request) => new Promise<TestResponse>((ok, no) => {
      const req = start(request);
      req.on('error', no);
      req.on('response', (res) => {
        const blocks: Buffer[] = [];
        res.on('data', (b) => blocks.push(b));
        res.on('close', () => {
          const headers: [string, string][] = [];
          for (let i = 0; i < res.rawHeaders.length; i += 2) headers.push([res.rawHeaders[i]!.toLowerCase(), res.rawHeaders[i + 1]!]);
          ok({ status: res.statusCode!, reason: res.statusMessage!, headers, body: Buffer.concat(blocks), ...(!res.complete && { aborted: true }) });
        });
        res.on('error', () => {});
      });
      req.end(request.body);
    }),
    sendAndLeave: (request, { bytes = Infinity, when }) => new Promise<void>((ok) => {
      const req = start(request);
      req.on('error', () => {});
      void when?.then(() => { req.destroy(); ok(); });
      req.on('response', (res) => { res.on('error', () => {}); let n = 0; res.on('data', (b) => { n += b.length; if (n >= bytes) { req.destroy(); ok(); } }); });
      req.end();
    }),
    async connect() {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.on('error', () => {});
      const it = socket[Symbol.asyncIterator]();
      return {
        write: (b) => void socket.write(b),
        read: async () => { const r = await it.next().catch(() => ({ done: true, value: undefined })); return r.done ? new Uint8Array() : r.value as Uint8Array; },
        destroy: () => void socket.destroy(),
      };
    },
    close: () => void server.closeAllConnections() || void server.close(),
  };
}
describeConformance('http', { serve, limits: ['text-request-headers', 'http-only', 'no-hop-headers', 'fixed-protocol', 'origin-form-only'], buffered: false });
