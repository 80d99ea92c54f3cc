import { describe, expect, it } from 'vitest';
import { lambdaEvent, lambdaSources, type LambdaSource } from '../../../src/aws-model.ts';
import type { HeaderList } from '../../../src/types.ts';
import { answers, decode, exchange, handle } from './support.ts';

const MB = 1024 * 1024;
const LIMITS: Readonly<Record<LambdaSource, number>> = {
  'rest-api': 6 * MB + 100,
  'http-api-1': 6 * MB + 100,
  'http-api-2': 6 * MB + 100,
  'function-url': 6 * MB + 100,
  alb: MB,
  'alb-multi': MB,
  'lattice-1': 6 * MB + 100,
  'lattice-2': 6 * MB + 100,
  'edge-viewer': 40 * 1024,
  'edge-origin': MB,
};

const TEXT: HeaderList = [['Content-Type', 'text/plain; charset=utf-8']];
const BINARY: HeaderList = [['Content-Type', 'image/png']];

const jsonSize = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The bytes of JSON that carry this body. */
async function sizeOf(
  source: LambdaSource,
  body: Uint8Array | string,
  headers: HeaderList,
): Promise<number> {
  const { reply, log } = await handle(lambdaEvent(source), answers(body, headers));
  expect(log).toEqual([]);
  return jsonSize(reply);
}

const UNITS: readonly (readonly [string, unit: string])[] = [
  ['text of one byte a character', 'a'],
  ['text that JSON escapes', '\u0001'],
  ['quotes', '"'],
  ['text of three bytes a character', '€'],
];
/** `é`: two native characters each, one of JSON text, and two bytes of JSON. */
const LONG: HeaderList = [...BINARY, ['X-Long', '\u00c3\u00a9'.repeat(4000)]];

describe.each(lambdaSources)('%s', (source) => {
  const limit = LIMITS[source];
  // The counting is the same for all of them, and six megabytes of it take their time.
  const isSmall = limit <= MB;

  it.each(isSmall ? UNITS : UNITS.slice(0, 1))(
    'takes as much as its limit of %s, and not a byte more',
    async (_, unit) => {
      // Close enough to the limit for the last bytes to change no digit of a Content-Length.
      const most = unit.repeat(Math.floor((limit * 0.98) / (jsonSize(unit) - 2)));
      const largest = most + 'a'.repeat(limit - (await sizeOf(source, most, TEXT)));
      const fits = await exchange(source, {}, answers(largest, TEXT));
      expect(jsonSize(fits.reply)).toBe(limit);
      expect(fits.response.status).toBe(200);
      expect(fits.response.body).toHaveLength(Buffer.byteLength(largest));
      expect(fits.log).toEqual([]);

      const over = await exchange(source, {}, answers(`${largest}a`, TEXT));
      expect(over.response.status).toBe(500);
      expect(decode(over.response.body)).toBe('Internal Server Error\n');
      expect(over.log).toHaveLength(1);
      expect(over.log[0]).toMatch(/^GET \S+: the reply is /);
      expect(over.log[0]).toContain(`is ${limit + 1} bytes once encoded`);
      expect(over.log[0]).toContain(`takes ${limit}; send less`);
    },
  );

  it.each<[string, HeaderList]>([
    ['', BINARY],
    ...(isSmall ? [[', counting bytes of headers', LONG] satisfies [string, HeaderList]] : []),
  ])('takes its limit of base64, and no more%s', async (_, headers) => {
    const most = Math.floor((limit * 0.98 - 10_000) / 4) * 3;
    const room = limit - (await sizeOf(source, new Uint8Array(most), headers));
    const largest = most + Math.floor(room / 4) * 3;
    const fits = await exchange(source, {}, answers(new Uint8Array(largest), headers));
    expect(fits.log).toEqual([]);
    expect(fits.response.status).toBe(200);
    expect(fits.response.body).toHaveLength(largest);
    const over = await exchange(source, {}, answers(new Uint8Array(largest + 3), headers));
    expect(over.log).toEqual([expect.stringContaining('bytes once encoded')]);
    expect(over.response.status).toBe(500);
  });

  it('never sends more, whatever makes the reply long: the reason', async () => {
    const status = `200 ${'r'.repeat(limit + 1)}`;
    const { reply } = await handle(lambdaEvent(source), answers('x', TEXT, status));
    expect(jsonSize(reply)).toBeLessThanOrEqual(limit);
  });

  it('never sends more, whatever makes the reply long: a header', async () => {
    const headers: HeaderList = [...TEXT, ['X-Long', '"'.repeat(limit / 2)]];
    const { response, log } = await exchange(source, {}, answers('x', headers));
    expect(response.status).toBe(500);
    expect(log).toEqual([expect.stringContaining('bytes once encoded')]);
  });

  it('fails the invocation for what is too large, where told to', async () => {
    const tooMuch = answers('a'.repeat(limit), TEXT);
    await expect(handle(lambdaEvent(source), tooMuch, { throwErrors: true })).rejects.toThrow(
      RangeError,
    );
  });
});
