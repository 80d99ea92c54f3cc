import { afterEach, describe, expect, it, vi } from 'vitest';
import { answerLine, logLine } from '../../src/cli/start-api/output.ts';
import { functionUrl } from '../local/support.ts';

const request = {
  id: 'one',
  method: 'GET',
  target: '/a\u009b31mb',
  headers: [],
  body: new Uint8Array(),
  clientAddress: '127.0.0.1',
  port: 3000,
  time: 0,
  traceId: '',
};
const answer = { status: 404, headers: [], body: new Uint8Array() };

afterEach(() => {
  vi.unstubAllEnvs();
  process.stderr.isTTY = false;
});

describe('answerLine', () => {
  it('cannot be made to steer the terminal', () => {
    const problem = 'no route takes GET /\u001b[2J\nand more';
    // The byte 9B is no UTF-8.
    const line = 'Url GET /a\ufffd31mb 404 in 2 ms: no route takes GET /?[2J';
    expect(answerLine(functionUrl(), request, { ...answer, problem }, 1.6)).toBe(line);
    const target = '/\u00c2\u009b';
    expect(answerLine(functionUrl(), { ...request, target }, answer, 0)).toBe(
      'Url GET /? 404 in 0 ms',
    );
  });

  it('has colours where they are seen as such', () => {
    const line = (): string => answerLine(functionUrl(), request, { ...answer, problem: 'x' }, 0);
    process.stderr.isTTY = true;
    expect(line()).toContain('\u001b[31m');
    vi.stubEnv('NO_COLOR', '1');
    expect(line()).not.toContain('\u001b[');
  });
});

it('logLine names the function where there are several', () => {
  const log = { requestId: 'one', functionId: 'Hello', stream: 'stdout', text: 'hi' } as const;
  expect(logLine(log, false)).toBe('hi');
  expect(logLine(log, true)).toBe('[Hello] hi');
  const platform = { ...log, stream: 'platform', text: 'Hello does not build' } as const;
  expect(logLine(platform, true)).toBe('Hello does not build');
  expect(logLine({ ...platform, text: 'its code has changed' }, true)).toContain('[Hello] its');

  vi.stubEnv('NO_COLOR', '');
  process.stderr.isTTY = true;
  expect(logLine(platform, true)).toBe('\x1b[31mHello does not build\x1b[39m');
  for (const text of ['START RequestId: one Version: $LATEST', 'its code has changed']) {
    expect(logLine({ ...platform, text }, false)).toBe(`\x1b[2m${text}\x1b[22m`);
  }
});
