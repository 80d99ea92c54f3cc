import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lambdaEvent, lambdaResponse, lambdaSources } from '../../src/aws-model.ts';
import { header, textOf } from '../../src/aws-model/message.ts';
import { optional } from '../optional.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const installed = optional(
  'frameworks',
  existsSync(at('test/frameworks/node_modules/express')),
  'npm ci --ignore-scripts --prefix test/frameworks',
);

describe.runIf(installed).each(lambdaSources)('examples/express through %s', (source) => {
  async function get(request: object): Promise<ReturnType<typeof lambdaResponse>> {
    const { handler } = (await import(
      /* @vite-ignore */ pathToFileURL(at('examples/express/handler.js')).href
    )) as { handler(event: unknown, context: object): Promise<unknown> };
    const reply = await handler(lambdaEvent(source, request), { awsRequestId: 'request-1' });
    return lambdaResponse(source, reply, request);
  }

  it('greets', async () => {
    expect(textOf(await get({}))).toBe('Hello from Express\n');
    const response = await get({ target: '/hello/a%2Fb?x=1' });
    // An HTTP API has decoded the path by then.
    const lost = source.startsWith('http-api');
    expect(response.status).toBe(lost ? 404 : 200);
    const hello = await get({ target: '/hello/you?x=1' });
    expect(JSON.parse(textOf(hello))).toEqual({ hello: 'you', query: { x: '1' } });
    expect(header(hello, 'content-type')).toBe('application/json; charset=utf-8');
  });

  it('reads bodies and streams', async () => {
    const request = {
      method: 'POST',
      target: '/echo',
      headers: [['Content-Type', 'application/json']],
      body: '{"a":[1]}',
    };
    const echo = await get(request);
    expect([echo.status, textOf(echo)]).toEqual([201, '{"a":[1]}']);
    expect(textOf(await get({ target: '/countdown' }))).toBe('three\ntwo\none\ngo\n');
  });

  it('knows where it runs', async () => {
    expect(JSON.parse(textOf(await get({ target: '/where' })))).toEqual({
      source,
      request: 'request-1',
    });
  });
});
