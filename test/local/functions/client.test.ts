/**
 * Our runtime client beside AWS's own: one handler in both, and the same must arrive at the Runtime
 * API.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvocationResult } from '../../../src/local/runtime-api.ts';
import { requireDist } from '../../nodes.ts';
import { ric, startFunction } from '../../ric.ts';

const HANDLERS = `
  const stream = (handler) => awslambda.streamifyResponse(handler);
  const { HttpResponseStream } = awslambda;
  export const object = async (event) => ({ statusCode: 200, body: event.text });
  export const nothing = async () => {};
  export const text = async () => 'h\\u00e4llo';
  export const sync = () => ({ sync: true });
  export const context = async (event, context) => ({
    keys: Object.keys(context).sort(),
    memory: context.memoryLimitInMB,
    id: /^[\\da-f-]{36}$/.test(context.awsRequestId),
    arn: context.invokedFunctionArn,
    name: context.functionName,
    left: context.getRemainingTimeInMillis() > 1000,
    trace: process.env._X_AMZN_TRACE_ID === context.xRayTraceId,
    client: context.clientContext,
    tenant: context.tenantId,
  });
  export const throwing = async () => { throw new RangeError('h\\u00e4'); };
  export const throwingText = async () => { throw 'text'; };
  export const cyclic = async () => { const a = {}; a.a = a; return a; };
  export const callback = (event, context, callback) => callback(null, 1);
  export const notAFunction = 7;
  export const inner = { handler: async () => 'inner' };
  export const leaving = async () => process.exit(3);
  export const streamed = stream(async (event, out) => {
    out = HttpResponseStream.from(out, { statusCode: 201, headers: { 'X-A': 'a, b' }, cookies: ['t=\\u00e9'] });
    out.write('one');
    out.write(new Uint8Array([0, 255]));
    out.write({ a: 1 });
    out.end('two');
  });
  export const raw = stream(async (event, out) => { out.setContentType('text/x'); out.write('x'); out.end(); });
  export const unnamed = stream(async (event, out) => { out.write('x'); out.end(); });
  export const lostPrelude = stream(async (event, out) => { HttpResponseStream.from(out, { statusCode: 204 }).end(); });
  export const emptyWrite = stream(async (event, out) => { out = HttpResponseStream.from(out, { statusCode: 204 }); out.write(''); out.end(); });
  export const tooLate = stream(async (event, out) => { out.write('x'); out.setContentType('text/y'); });
  export const failsBefore = stream(async () => { throw new TypeError('before'); });
  export const failsAfter = stream(async (event, out) => { out.write('x'); await new Promise((resolve) => setTimeout(resolve, 50)); throw new TypeError('after'); });
  export const piped = stream(async (event, out) => {
    const { pipeline } = await import('node:stream/promises');
    const { Readable } = await import('node:stream');
    await pipeline(Readable.from(['a', 'b', 'c']), out);
  });
  export const events = stream(async (event, out) => {
    out.write(JSON.stringify([typeof out.on, typeof out.once, out.writable, out.writableEnded, out instanceof Object]));
    await new Promise((resolve) => { out.once('finish', resolve); out.end(); });
  });
`;

let folder: string;
beforeAll(() => {
  requireDist();
  folder = mkdtempSync(join(tmpdir(), 'gatecall-client-'));
  writeFileSync(join(folder, 'handlers.mjs'), HANDLERS);
  writeFileSync(join(folder, 'broken.mjs'), 'export const handler = {');
  writeFileSync(join(folder, 'lonely.mjs'), "import 'not-installed';");
  writeFileSync(join(folder, 'failing.mjs'), "throw new RangeError('while loading');");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS = { timeoutMs: 5000, clientContext: { a: 1 }, tenantId: 'blue' };

async function run(
  client: 'aws' | 'gatecall',
  file: string,
  exportName: string,
): Promise<InvocationResult> {
  const handlerFile = join(folder, file);
  await using lambda = await startFunction({ handlerFile, exportName, client });
  return await lambda.invoke({ text: 'hä' }, OPTIONS);
}

/**
 * All that a client of Lambda can tell apart. Stacks name each client's own files, messages of Node
 * its versions.
 */
function seen(result: InvocationResult): object {
  const { kind, contentType, body, prelude, payload, error, truncated, trailers } = result;
  const { requestHeaders } = result;
  return {
    kind,
    contentType,
    body: kind === 'buffered' || kind === 'streamed' ? Buffer.from(body).toString() : undefined,
    prelude,
    payload: payload && Buffer.from(payload).toString('hex'),
    type: error?.errorType,
    message: error?.errorMessage,
    truncated,
    trailer: trailers['lambda-runtime-function-error-type'],
    mode: requestHeaders['lambda-runtime-function-response-mode'],
    trailers: requestHeaders['trailer'],
    coding: requestHeaders['transfer-encoding'],
  };
}

const EXPORTS = [...HANDLERS.matchAll(/export const (\w+)/g)].map(([, name = '']) => name);

describe.skipIf(!ric).concurrent('the runtime client', () => {
  it.each([...EXPORTS.filter((it) => it !== 'inner'), 'inner.handler', 'absent'])(
    'does with %s as aws-lambda-ric does',
    async (name) => {
      const [theirs, ours] = await Promise.all([
        run('aws', 'handlers.mjs', name),
        run('gatecall', 'handlers.mjs', name),
      ]);
      expect(withoutWords(seen(ours))).toEqual(withoutWords(seen(theirs)));
    },
  );

  it.each(['broken.mjs', 'lonely.mjs', 'failing.mjs'])(
    'fails to load %s as aws-lambda-ric does',
    async (file) => {
      const [theirs, ours] = await Promise.all([
        run('aws', file, 'handler'),
        run('gatecall', file, 'handler'),
      ]);
      expect(ours.kind).toBe('init-error');
      expect([ours.kind, ours.error?.errorType]).toEqual([theirs.kind, theirs.error?.errorType]);
    },
  );
});

/** What the runtime says in words of its own. */
function withoutWords(result: object): object {
  const { type } = result as { type?: string };
  return type?.startsWith('Runtime.') ? { ...result, message: undefined } : result;
}
