/** The response body: its blocks, and how they are asked for. */
import type { Application, HeaderList, ResponseBody } from '../../types.ts';
import type { ArrivedBlock, Bench, ConformanceCase } from './case.ts';
import { cannotExpress } from './case.ts';
import {
  a,
  allRefused,
  answer,
  b,
  besideOk,
  boom,
  equal,
  expectLogged,
  expectResponse,
  headerValues,
  hello,
  latin1,
  native,
  noise,
  ok,
  output,
  pause,
  plainHeaders,
  respond,
  untyped,
  withHead,
  within,
  wrong,
} from './support.ts';

/** A body the types forbid. */
const returns = (value: unknown): Application => respond(() => untyped<ResponseBody>(value));

/**
 * As many bytes as the case wants, or as the platform carries; base64 takes a third more, headers a
 * little.
 */
function carried(bench: Bench, wanted: number): number {
  const limit = Math.floor((bench.subject.maxResponse ?? Infinity) * 0.7);
  if (limit >= wanted) return wanted;
  bench.note(`response bodies end at ${bench.subject.maxResponse} bytes here`);
  return limit;
}

/** When a response should have been seen by a client that looks at each block as it comes. */
async function streamed(bench: Bench, application: Application): Promise<readonly ArrivedBlock[]> {
  const client = await bench.serve(application);
  if (!client.driver.stream) return cannotExpress('the driver has no stream()');
  return client.driver.stream(client.complete({}));
}

const now = (): number => performance.timeOrigin + performance.now();

function expectEarly(blocks: readonly ArrivedBlock[], secondMade: number): void {
  equal('body', native(blocks[0]?.bytes ?? latin1('')).slice(0, 3), 'one');
  const early = (blocks[0]?.at ?? Infinity) - secondMade;
  if (early >= 0) wrong('first block', 'it before the second was made', `it ${early} ms later`);
}

export const bodyCases: readonly ConformanceCase[] = [
  {
    id: 'T-93',
    title: 'a body that looks like a header section',
    async run(bench) {
      const text = 'Foo: Bar\r\n\r\nHello World';
      const client = await bench.serve(respond(() => [latin1(text)]));
      const response = await client.send();
      expectResponse(response, 200, text);
      equal('foo', headerValues(response, 'foo'), []);
    },
  },
  {
    id: 'T-94',
    title: 'newlines are left alone',
    async run(bench) {
      equal(
        'body',
        await answer(
          bench,
          respond(() => [latin1('Bar\nBaz')]),
        ),
        'Bar\nBaz',
      );
      equal(
        'body',
        await answer(
          bench,
          respond(() => [latin1('\r\n\0\n')]),
        ),
        '\r\n\0\n',
      );
    },
  },
  {
    id: 'T-95',
    title: 'every byte comes through, whatever the content type says',
    async run(bench) {
      const every = Uint8Array.from({ length: 256 }, (_, i) => i);
      const types = [
        'application/octet-stream',
        'text/plain; charset=iso-8859-1',
        'text/html',
        'application/json',
        'image/svg+xml',
        '',
      ];
      for (const type of types) {
        const headers: HeaderList = type === '' ? [] : [['Content-Type', type]];
        // The validator warns of a body without a type, and warns only.
        const text = await within(type || 'no type', () =>
          answer(
            bench,
            withHead('200 OK', headers, () => [every]),
          ),
        );
        equal(`body as ${type || 'no type'}`, text, native(every));
      }
      const gzip: HeaderList = [...plainHeaders, ['Content-Encoding', 'gzip']];
      equal(
        'body as gzip',
        await answer(
          bench,
          withHead('200 OK', gzip, () => [hello]),
        ),
        'hello',
      );
    },
  },
  {
    id: 'T-96',
    title: 'an empty block in the middle is nothing',
    async run(bench) {
      const body = (): Uint8Array[] => [latin1('one'), latin1(''), latin1('two')];
      equal('list', await answer(bench, respond(body)), 'onetwo');
      const generator = function* (): Generator<Uint8Array> {
        yield* body();
      };
      equal('generator', await answer(bench, respond(generator)), 'onetwo');
    },
  },
  {
    id: 'T-97',
    title: 'a mebibyte in one block, and ten thousand small ones',
    heavy: true,
    async run(bench) {
      const big = noise(carried(bench, 1024 * 1024));
      const one = await answer(
        bench,
        respond(() => [big]),
      );
      ok(
        'the big block',
        one === native(big),
        `${one.length} of ${big.length} bytes, or other bytes`,
      );
      const small = noise(100);
      const count = Math.floor(carried(bench, 1_000_000) / 100);
      const many = await answer(
        bench,
        respond(function* () {
          for (let i = 0; i < count; i++) yield small;
        }),
      );
      ok(
        'the small blocks',
        many === native(small).repeat(count),
        `${many.length} of ${count * 100} bytes`,
      );
    },
  },
  {
    id: 'T-98',
    title: 'what is no iterable of byte blocks is refused',
    async run(bench) {
      await allRefused(bench, {
        'a string': returns('application-output'),
        'a list of strings': returns(['application-output']),
        'bare bytes': returns(output),
        'an ArrayBuffer': returns(new ArrayBuffer(4)),
        'a list with an ArrayBuffer': returns([new ArrayBuffer(4)]),
        'a list with a Uint16Array': returns([new Uint16Array(2)]),
        'a list with a DataView': returns([new DataView(new ArrayBuffer(4))]),
        null: returns(null),
        undefined: returns(undefined),
        'a number': returns(5),
        true: returns(true),
        'a function': returns(() => [output]),
        'an object': returns({ body: output }),
        'a list with null': returns([null]),
        'a list with a number': returns([5]),
        'a promise of a string': returns(Promise.resolve('application-output')),
        'an async generator of strings': returns(
          (async function* () {
            yield 'application-output';
          })(),
        ),
      });
    },
  },
  {
    id: 'T-113',
    title: 'nothing of a body is touched but its iterator and close()',
    async run(bench) {
      const touched: string[] = [];
      const body = {
        *[Symbol.iterator](): Generator<Uint8Array> {
          yield hello;
        },
        close(): void {},
      };
      const names = [
        'length',
        'size',
        'status',
        'headers',
        'body',
        'pipe',
        'on',
        'getReader',
        'path',
        'name',
        'write',
      ];
      for (const name of [
        ...names,
        'read',
        'destroy',
        'cancel',
        'toString',
        'toJSON',
        'isBase64Encoded',
      ]) {
        Object.defineProperty(body, name, {
          get() {
            touched.push(name);
            throw boom();
          },
        });
      }
      equal(
        'body',
        await answer(
          bench,
          respond(() => body),
        ),
        'hello',
      );
      equal('properties touched', touched, []);
    },
  },
  {
    id: 'T-114',
    title: 'a middleware that is its own iterable body',
    async run(bench) {
      const makeApplication = (): Application => {
        const blocks = [a, b];
        const self = {
          [Symbol.iterator]: () => self,
          next(): IteratorResult<Uint8Array> {
            const value = blocks.shift();
            return value ? { done: false, value } : { done: true, value: undefined };
          },
        };
        return respond(() => self);
      };
      equal('body', await answer(bench, makeApplication()), 'ab');
    },
  },
  {
    id: 'T-117',
    title: 'a block leaves before a busy generator makes the next',
    without: ['no-streaming'],
    async run(bench) {
      let secondMade = 0;
      const blocks = await streamed(
        bench,
        respond(function* () {
          yield latin1('one');
          for (const end = now() + 100; now() < end;);
          secondMade = now();
          yield latin1('two');
        }),
      );
      expectEarly(blocks, secondMade);
    },
  },
  {
    id: 'T-118',
    title: 'a block leaves before a waiting generator makes the next',
    without: ['no-streaming'],
    async run(bench) {
      let secondMade = 0;
      const blocks = await streamed(
        bench,
        respond(async function* () {
          yield latin1('one');
          await pause(100);
          secondMade = now();
          yield latin1('two');
        }),
      );
      expectEarly(blocks, secondMade);
    },
  },
  {
    id: 'T-119',
    title: 'a block that changes after it was yielded is a broken contract',
    modes: ['validated'],
    async run(bench) {
      const client = await bench.serve(
        besideOk(
          respond(function* () {
            const block = latin1('before');
            yield block;
            block.set(latin1('after!'));
            yield latin1('x');
          }),
        ),
      );
      const response = await client.send();
      // Whether the client can still be told depends on when the change is noticed; the log must
      // tell in any case.
      if (response.status === 500 || response.aborted === true) return;
      if (client.log() === undefined) cannotExpress('the driver has no log()');
      await expectLogged(client);
    },
  },
  {
    id: 'T-158',
    title: 'a generator that is a promise too counts as a promise',
    async run(bench) {
      const both = {
        *[Symbol.iterator](): Generator<Uint8Array> {
          yield latin1('iterated');
        },
        // oxlint-disable-next-line no-thenable
        then<T>(resolve: (body: ResponseBody) => T): T {
          return resolve([latin1('awaited')]);
        },
      };
      equal(
        'body',
        await answer(
          bench,
          respond(() => untyped(both)),
        ),
        'awaited',
      );
    },
  },
  {
    id: 'T-159',
    title: 'of two iterators the asynchronous one counts',
    async run(bench) {
      const both = {
        *[Symbol.iterator](): Generator<Uint8Array> {
          yield latin1('sync');
        },
        async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
          yield latin1('async');
        },
      };
      equal(
        'body',
        await answer(
          bench,
          respond(() => both),
        ),
        'async',
      );
    },
  },
  {
    id: 'T-161',
    title: 'a byte order mark and every other odd piece of Unicode come through',
    async run(bench) {
      const samples = [
        '\xef\xbb\xbf{"a":1}',
        '\xef\xbf\xbd',
        '\xed\xa0\x80',
        '\xc0\x80',
        '\xf0\x9f\x98\x80',
        '\xe9',
      ];
      const headers: HeaderList = [['Content-Type', 'application/json; charset=utf-8']];
      for (const sample of samples) {
        const text = await answer(
          bench,
          withHead('200 OK', headers, () => [latin1(sample)]),
        );
        equal('body', text, sample);
      }
    },
  },
  {
    id: 'T-162',
    title: 'one iterator, one step at a time, none after the end',
    async run(bench) {
      const faults: string[] = [];
      let iterators = 0;
      let pending = 0;
      let steps = 0;
      const body = {
        [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
          iterators++;
          return {
            async next() {
              if (++pending > 1) faults.push('next() overlapped next()');
              if (steps > 3) faults.push('next() after the end');
              await pause(0);
              pending--;
              return steps++ < 3 ? { done: false, value: a } : { done: true, value: undefined };
            },
            async return() {
              faults.push('return() after the end');
              return { done: true, value: undefined };
            },
          };
        },
      };
      equal(
        'body',
        await answer(
          bench,
          respond(() => body),
        ),
        'aaa',
      );
      equal('iterators', iterators, 1);
      equal('faults', faults, []);
    },
  },
  {
    id: 'T-164',
    title: 'a block that is a window on a larger buffer, and a Buffer',
    async run(bench) {
      const whole = latin1('--hello--');
      equal(
        'window',
        await answer(
          bench,
          respond(() => [whole.subarray(2, 7)]),
        ),
        'hello',
      );
      const { Buffer } = globalThis as { Buffer?: { from(bytes: Uint8Array): Uint8Array } };
      if (!Buffer) return;
      const buffers = [Buffer.from(hello), Buffer.from(whole).subarray(2, 7)];
      equal(
        'buffers',
        await answer(
          bench,
          respond(() => buffers),
        ),
        'hellohello',
      );
    },
  },
  {
    id: 'T-166',
    title: 'blocks are asked for one at a time, and only when the one before is on its way',
    async run(bench) {
      const events: string[] = [];
      const text = await answer(bench, (_environ, startResponse) => {
        startResponse('200 OK', plainHeaders);
        events.push('returned');
        return (function* () {
          events.push('first');
          yield a;
          events.push('second');
          yield b;
        })();
      });
      equal('body', text, 'ab');
      equal('events', events, ['returned', 'first', 'second']);
    },
  },
];
