/**
 * What `serve` takes for a request, byte by byte: a frozen table, in any pieces, and a bounded
 * fuzzer.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serve } from '../../../src/gateways/node.ts';
import { nodes, requireDist, runScript } from '../../nodes.ts';
import { answersTo, corpus, differences, echo } from './request-corpus.mjs';

const halves = (bytes: Buffer): Uint8Array[] => [
  bytes.subarray(0, bytes.length >> 1),
  bytes.subarray(bytes.length >> 1),
];
/** The end alone, where a parser looks for it. */
const lastBytes = (bytes: Buffer): Uint8Array[] => [
  bytes.subarray(0, -3),
  ...Array.from(bytes.subarray(-3), (byte) => Uint8Array.of(byte)),
];

describe('the table of requests', () => {
  it.each([
    ['at once', undefined],
    ['in halves', halves],
    ['with the last bytes one by one', lastBytes],
  ])('holds, %s', async (_, split) => {
    expect(corpus.length).toBeGreaterThan(110);
    expect(await differences(serve, split)).toEqual([]);
  });

  it.each(nodes)('holds on Node $version', async (node) => {
    requireDist();
    const script = `
      import { serve } from './dist/esm/gateways/node.js';
      import { differences } from './test/gateways/node/request-corpus.mjs';
      console.log(JSON.stringify(await differences(serve)));
      process.exit();`;
    expect(await runScript(node, 'module', script)).toEqual([]);
  });
});

describe('bytes of any kind', () => {
  const REFUSALS = [400, 408, 413, 417, 431, 501, 505];
  const piece = fc.constantFrom(
    '\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    ':',
    ',',
    '\0',
    '\x0b',
    '\x7f',
    '\xff',
    '0',
    '3',
    'ffff',
    'GET / HTTP/1.1\r\n',
    'Host: h\r\n',
    'Content-Length: 3\r\n',
    '\r\n\r\n',
    '0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: x\r\n',
    '*',
    '//',
    'Connection: upgrade\r\n',
    'CONNECT h:1 HTTP/1.1\r\n',
    'http://',
    '%2f',
    'HTTP/2.0',
  );
  /** A request of the table with some of its bytes replaced, and the next request behind it. */
  const mutated = fc
    .tuple(
      fc.nat({ max: corpus.length - 1 }),
      fc.array(fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 4 }), piece), { maxLength: 4 }),
      fc.nat({ max: corpus.length - 1 }),
      fc.nat({ max: 200 }),
    )
    .map(([first, changes, second, cut]) => {
      let text = corpus[first]?.bytes.toString('latin1') ?? '';
      for (const [at, length, added] of changes) {
        const index = at % (text.length + 1);
        text = text.slice(0, index) + added + text.slice(index + length);
      }
      const bytes = Buffer.concat([
        Buffer.from(text, 'latin1'),
        corpus[second]?.bytes ?? Buffer.of(),
      ]);
      return [bytes.subarray(0, cut), bytes.subarray(cut)];
    });

  it('bring about whole answers, never a 500, and leave the server as it was', async () => {
    const log: string[] = [];
    const server = await serve(echo, {
      port: 0,
      signals: false,
      stopTimeout: 0,
      log: (line) => log.push(line),
      accessLog: (line) => {
        expect(line).toMatch(/^[\x20-\x7e]+$/);
      },
    });
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(mutated, { minLength: 10, maxLength: 20 }), async (requests) => {
          const all = await Promise.all(
            requests.map((pieces) => answersTo(server.port, pieces, 30)),
          );
          for (const { ended, answers } of all) {
            expect(ended).toBe(true);
            const wrong = answers.filter((answer) =>
              typeof answer === 'object'
                ? !/^(?:\/|\*$)/.test(answer.PATH_INFO ?? '')
                : !REFUSALS.includes(answer as number),
            );
            expect(wrong).toEqual([]);
          }
        }),
        { numRuns: Number(process.env.GATECALL_RUNS ?? 30), interruptAfterTimeLimit: 30_000 },
      );
      const { answers } = await answersTo(server.port, [corpus[0]?.bytes ?? Buffer.of()]);
      expect(answers).toMatchObject([{ PATH_INFO: '/' }]);
      expect(log).toEqual([]);
    } finally {
      await server.close();
    }
  }, 60_000);
});
