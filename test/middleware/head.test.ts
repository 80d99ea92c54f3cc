import { expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { head } from '../../src/middleware.ts';
import type { Application } from '../../src/types.ts';
import { ask, bytes, environOf } from './support.ts';

const getOnly: Application = (environ, startResponse) =>
  environ.REQUEST_METHOD === 'GET'
    ? text('the page', { headers: [['X-Tag', 'one']] })(environ, startResponse)
    : text('no', { status: '405 Method Not Allowed', headers: [['Allow', 'GET']] })(
        environ,
        startResponse,
      );

it('answers HEAD with the head of GET', async () => {
  const [whole, bare] = [await ask(head(getOnly)), await ask(head(getOnly), { method: 'HEAD' })];
  // Behind the validator no server sees that the body of GET is a list.
  expect(bare.headers).toEqual([...whole.headers, ['content-length', '8']]);
  expect([whole.text, bare.text]).toEqual(['the page', '']);
});

it('leaves other methods alone', async () => {
  expect((await ask(head(getOnly), { method: 'POST' })).status).toBe(405);
});

it('changes the environ of the application, not that of the middleware around', async () => {
  const application = vi.fn<Application>(text(''));
  const environ = environOf({ method: 'HEAD' });
  await head(application)(environ, () => () => {});
  const [seen] = application.mock.calls[0]!;
  expect([seen.REQUEST_METHOD, seen['gatecall.original_method']]).toEqual(['GET', 'HEAD']);
  expect([environ.REQUEST_METHOD, 'gatecall.original_method' in environ]).toEqual(['HEAD', false]);
});

it('asks a body for no more than its first block, and closes it', async () => {
  const events: string[] = [];
  const endless: Application = async function* (_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    try {
      for (;;) {
        events.push('block');
        yield bytes('x');
      }
    } finally {
      events.push('stopped');
    }
  };
  const closing: Application = (environ, startResponse) =>
    Object.assign(endless(environ, startResponse), { close: () => void events.push('closed') });
  const answer = await ask(head(closing), { method: 'HEAD' });
  expect([answer.status, answer.header('content-type'), answer.text]).toEqual([
    200,
    'text/plain',
    '',
  ]);
  expect(events).toEqual(['block', 'stopped', 'closed']);
});

it('drops what is written', async () => {
  const writing: Application = (_environ, startResponse) => {
    void startResponse('200 OK', [
      ['Content-Type', 'text/plain'],
      ['Content-Length', '7'],
    ])(bytes('written'));
    return [];
  };
  const answer = await ask(head(writing), { method: 'HEAD' });
  expect([answer.header('content-length'), answer.text]).toEqual(['7', '']);
});
