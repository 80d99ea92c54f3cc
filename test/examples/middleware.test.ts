import { expect, it } from 'vitest';
import { handler } from '../../examples/middleware/handler.ts';
import { upperware } from '../../examples/middleware/upperware.ts';
import { text } from '../../src/core/response/answers.ts';
import { lambdaEvent, lambdaResponse } from '../../src/aws-model.ts';
import { header, type TestResponse, textOf } from '../../src/aws-model/message.ts';
import type { Application } from '../../src/types.ts';
import { ask, bytes } from '../middleware/support.ts';

async function get(target: string, headers: [string, string][] = []): Promise<TestResponse> {
  const request = { target, headers: [['Host', 'example.com'] as [string, string], ...headers] };
  const reply = await handler(lambdaEvent('http-api-2', request), { awsRequestId: 'request-1' });
  return lambdaResponse('http-api-2', reply, request);
}

it('serves the demo, in capitals below /loud', async () => {
  expect(textOf(await get('/'))).toContain('script name\n');
  expect(textOf(await get('/loud/'))).toContain('SCRIPT NAME  /LOUD\n');
  expect(textOf(await get('/loud/json'))).toContain('"path":"/json"');
});

it('serves its own folder, and nothing beside it', async () => {
  const file = await get('/files/upperware.ts', [['Range', 'bytes=0-2']]);
  expect([file.status, textOf(file)]).toEqual([206, '/**']);
  expect((await get('/files/%2e%2e/application.ts')).status).toBe(404);
});

it('answers errors, ids and known pages', async () => {
  const failed = await get('/error');
  expect([failed.status, textOf(failed)]).toEqual([500, 'Internal Server Error\n']);
  const page = await get('/json');
  expect(header(page, 'x-request-id')).toBe('request-1');
  const again = await get('/json', [['If-None-Match', header(page, 'etag') ?? '']]);
  expect(again.status).toBe(304);
});

it('upperware takes any application', async () => {
  const plain = [['Content-Type', 'text/plain; charset=utf-8']] as const;
  const writing: Application = (_environ, startResponse) => {
    const write = startResponse('200 OK', [...plain, ['ETag', '"a"']]);
    void write(bytes('written, '));
    // Cut within a character.
    return [bytes('é!').subarray(0, 1), bytes('é!').subarray(1)];
  };
  const answer = await ask(upperware(writing));
  expect([answer.text, answer.header('etag')]).toEqual(['WRITTEN, é!', undefined]);
  const failing: Application = (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'image/png']]);
    startResponse('500 Sorry', plain, new Error('the reason'));
    return [bytes('sorry')];
  };
  expect((await ask(upperware(failing))).text).toBe('SORRY');
  const coded = text('as it is', { headers: [['Content-Encoding', 'own']] });
  expect((await ask(upperware(coded))).text).toBe('as it is');
});
