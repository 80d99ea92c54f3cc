/** examples/aws-streaming as `sam build` would bundle it, in AWS's own runtime client. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvocationResult } from '../../../src/local/runtime-api.ts';
import { lambdaEvent, type LambdaRequest } from '../../../src/aws-model.ts';
import { requireDist, root } from '../../nodes.ts';
import { ric, runtimes, startFunction } from '../../ric.ts';
import { PATIENT, text } from './runtime.ts';

describe.skipIf(!ric).each(runtimes)('on $name', { concurrent: true }, (runtime) => {
  let folder: string;
  let handlerFile: string;
  beforeAll(async () => {
    requireDist();
    folder = mkdtempSync(join(tmpdir(), 'gatecall-'));
    handlerFile = join(folder, 'handler.cjs');
    await build({
      entryPoints: [join(root, 'examples/aws-streaming/handler.ts')],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: handlerFile,
      tsconfigRaw: {}, // ours would lead it to the sources
    });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function get(request: LambdaRequest): Promise<InvocationResult> {
    await using lambda = await startFunction({ handlerFile, runtime });
    const result = await lambda.invoke(lambdaEvent('rest-api', request), PATIENT);
    expect(result).toMatchObject({ kind: 'streamed', truncated: false });
    return result;
  }

  it('sends each event by itself', async () => {
    const { prelude, payload, chunks } = await get({ target: '/events?count=3' });
    expect(prelude).toMatchObject({ multiValueHeaders: { 'content-type': ['text/event-stream'] } });
    expect(text(payload)).toMatch(/^id: 1\n.*\n\nid: 2\n.*\n\nid: 3\n.*\n\n$/);
    // One event, one chunk; when they leave is shown with files for gates, in
    // runtime-streaming.test.ts.
    expect(chunks.filter(({ bytes }) => text(bytes).startsWith('id: '))).toHaveLength(3);
  });

  it('sends more than a buffered reply could hold', async () => {
    const { payload } = await get({ target: '/download?bytes=10000000' });
    const pattern = Uint8Array.from({ length: 251 }, (_, index) => index);
    expect(Buffer.alloc(10_000_000, pattern).equals(payload ?? new Uint8Array())).toBe(true);
  });

  it('sends each word by itself', async () => {
    const { payload, chunks } = await get({
      method: 'POST',
      target: '/tokens',
      body: 'to be or not',
    });
    expect(text(payload)).toBe('to be or not');
    expect(chunks.filter(({ bytes }) => /^(to|be|or|not)/.test(text(bytes)))).toHaveLength(4);
  });
});
