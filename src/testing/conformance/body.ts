/** The response body: blocks, lengths, `write`, and `close`. */
import type { Application, FileLike, HeaderList, ResponseBody } from '../../types.ts';
import type { TestResponse } from '../http.ts';
import type { ArrivedBlock, Bench, CaseRequest, ConformanceCase } from './case.ts';
import { cannotExpress } from './case.ts';
import {
  allRefused,
  answer,
  besideOk,
  bodyText,
  boom,
  countingBody,
  equal,
  expectBroken,
  expectLogged,
  expectResponse,
  expectServerError,
  expectServing,
  gate,
  headerValues,
  latin1,
  markedHeaders,
  native,
  noise,
  ok,
  output,
  pause,
  plainHeaders,
  respond,
  untyped,
  until,
  within,
  wrong,
} from './kit.ts';

const hello = latin1('hello');
const a = latin1('a');
const b = latin1('b');

const plainOf = (length: number): HeaderList => [
  ...plainHeaders,
  ['Content-Length', String(length)],
];

const withHead = (status: string, headers: HeaderList, body: () => ResponseBody): Application => {
  return (_environ, startResponse) => {
    startResponse(status, headers);
    return body();
  };
};

/** A body the types forbid. */
const returns = (value: unknown): Application => respond(() => untyped<ResponseBody>(value));

/** Content-Length is absent, or tells the truth. */
function expectTrueLength(bench: Bench, response: TestResponse): void {
  if (bench.lacks('no-framing')) return;
  for (const length of headerValues(response, 'content-length')) {
    equal('content-length', length, String(response.body.length));
  }
}

function expectLength(bench: Bench, response: TestResponse, expected: string[]): void {
  if (!bench.lacks('no-framing'))
    equal('content-length', headerValues(response, 'content-length'), expected);
}

/** As many bytes as the case wants, or as the platform carries; base64 takes a third more, headers a little. */
function carried(bench: Bench, wanted: number): number {
  const limit = Math.floor((bench.subject.maxResponse ?? Infinity) * 0.7);
  if (limit >= wanted) return wanted;
  bench.note(`response bodies end at ${bench.subject.maxResponse} bytes here`);
  return limit;
}

/** A file of `bytes`, read from `position`. */
function memoryFile(bytes: Uint8Array, position = 0): FileLike & { closed: number } {
  return {
    closed: 0,
    read(size = Infinity) {
      const block = bytes.subarray(position, position + size);
      position += block.length;
      return block;
    },
    close() {
      this.closed++;
    },
  };
}

/** When a response should have been seen by a client that looks at each block as it comes. */
async function streamed(bench: Bench, application: Application): Promise<readonly ArrivedBlock[]> {
  const client = await bench.serve(application);
  if (!client.driver.stream) return cannotExpress('the driver has no stream()');
  return client.driver.stream(client.complete({}));
}

/** What is used of `node:stream`. */
interface NodeStreams {
  Readable: { from(blocks: Iterable<Uint8Array>): ResponseBody & { destroyed: boolean } };
}

const now = (): number => performance.timeOrigin + performance.now();

function expectEarly(blocks: readonly ArrivedBlock[], secondMade: number): void {
  equal('body', native(blocks[0]?.bytes ?? latin1('')).slice(0, 3), 'one');
  const early = (blocks[0]?.at ?? Infinity) - secondMade;
  if (early >= 0) wrong('first block', 'it before the second was made', `it ${early} ms later`);
}

export const bodyCases: readonly ConformanceCase[] = [
  {
    id: 'T-90',
    title: 'a list of one block gets its length',
    async run(bench) {
      const client = await bench.serve(respond(() => [hello]));
      const response = await client.send();
      expectResponse(response, 200, 'hello');
      // The validator's own iterable hides how many blocks there are.
      if (bench.mode === 'bare') expectLength(bench, response, ['5']);
      else expectTrueLength(bench, response);
    },
  },
  {
    id: 'T-91',
    title: 'several blocks, in a list or one by one',
    async run(bench) {
      const bodies: (() => ResponseBody)[] = [
        () => [a, b],
        () => new Set([a, b]),
        function* () {
          yield a;
          yield b;
        },
        async function* () {
          yield a;
          await pause(1);
          yield b;
        },
      ];
      for (const body of bodies) {
        const client = await bench.serve(respond(body));
        const response = await client.send();
        expectResponse(response, 200, 'ab');
        expectTrueLength(bench, response);
      }
    },
  },
  {
    id: 'T-92',
    title: 'an empty list is an empty body',
    async run(bench) {
      const client = await bench.serve(respond(() => []));
      const response = await client.send();
      expectResponse(response, 200, '');
      expectLength(bench, response, ['0']);
    },
  },
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
    id: 'T-99',
    title: 'a body longer than its Content-Length is cut there',
    async run(bench) {
      const { body, count } = countingBody([latin1('hel'), latin1('lo'), latin1('more')]);
      const client = await bench.serve(besideOk(withHead('200 OK', plainOf(3), () => body)));
      const response = await client.send();
      if (bench.mode === 'validated' && (response.status === 500 || response.aborted)) return;
      expectResponse(response, 200, 'hel');
      expectLength(bench, response, ['3']);
      ok('blocks asked for are one, or two to see the surplus', count.pulled <= 2, count.pulled);
      equal('close() calls', count.closed, 1);

      const one = await bench.serve(besideOk(withHead('200 OK', plainOf(3), () => [hello])));
      const cut = await one.send();
      if (bench.mode === 'validated' && (cut.status === 500 || cut.aborted)) return;
      expectResponse(cut, 200, 'hel');
      await expectLogged(one);
    },
  },
  {
    id: 'T-100',
    title: 'a body shorter than its Content-Length cannot pass for whole',
    async run(bench) {
      const { body, count } = countingBody([hello]);
      const client = await bench.serve(besideOk(withHead('200 OK', plainOf(9), () => body)));
      const response = await client.send();
      if (response.status !== 502) await expectBroken(bench, client, response);
      equal('close() calls', count.closed, 1);
    },
  },
  {
    id: 'T-101',
    title: 'HEAD has the headers of GET and no body',
    async run(bench) {
      const bodies: Record<string, () => ResponseBody> = {
        'a list': () => [hello],
        'a generator': function* () {
          yield hello;
        },
        'an endless generator': function* () {
          for (let i = 0; i < 10_000; i++) yield hello;
          throw new Error('nobody stopped the body of a HEAD request');
        },
        'an endless async generator': async function* () {
          for (let i = 0; i < 1000; i++) yield hello;
          throw new Error('nobody stopped the body of a HEAD request');
        },
      };
      for (const [name, body] of Object.entries(bodies)) {
        await within(name, async () => {
          const headers: HeaderList = [...plainHeaders, ['X-Foo', 'a'], ['Set-Cookie', 'b=1']];
          const client = await bench.serve(withHead('200 OK', headers, body));
          const head = await client.send({ method: 'HEAD' });
          expectResponse(head, 200, '');
          equal('x-foo', headerValues(head, 'x-foo'), ['a']);
          equal('set-cookie', headerValues(head, 'set-cookie'), ['b=1']);
          equal('content-type', headerValues(head, 'content-type'), ['text/plain']);
          if (name.startsWith('an endless')) return;
          const get = await client.send();
          const length = headerValues(head, 'content-length');
          if (!bench.lacks('no-framing') && length.length > 0) {
            equal('content-length', length, [String(get.body.length)]);
          }
        });
      }
      const declared = await bench.serve(withHead('200 OK', plainOf(12345), () => []));
      const response = await declared.send({ method: 'HEAD' });
      expectResponse(response, 200, '');
      expectLength(bench, response, ['12345']);
    },
  },
  {
    id: 'T-102',
    title: 'a 204 has no body and no length',
    async run(bench) {
      for (const headers of [[], [['Content-Length', '5']]] as HeaderList[]) {
        const client = await bench.serve(
          besideOk(withHead('204 No Content', headers, () => [hello])),
        );
        const response = await client.send();
        // The validator calls a 204 with a body or a length a mistake; without it the server puts it right.
        if (bench.mode === 'validated' && response.status === 500) continue;
        expectResponse(response, 204, '');
        equal('content-length', headerValues(response, 'content-length'), []);
        equal('transfer-encoding', headerValues(response, 'transfer-encoding'), []);
        await expectServing(client);
      }
    },
  },
  {
    id: 'T-103',
    title: 'a 304 gets no headers it did not ask for',
    async run(bench) {
      const client = await bench.serve(besideOk(withHead('304 Not Modified', [], () => [])));
      const response = await client.send();
      expectResponse(response, 304, '');
      for (const name of ['content-length', 'transfer-encoding']) {
        equal(name, headerValues(response, name), []);
      }
      if (!bench.lacks('own-content-type')) {
        equal('content-type', headerValues(response, 'content-type'), []);
      }
      await expectServing(client);
    },
  },
  {
    id: 'T-104',
    title: 'what is written precedes what is returned',
    async run(bench) {
      const text = await answer(bench, (_environ, startResponse) => {
        const write = startResponse('200 OK', plainHeaders);
        void write(latin1('1'));
        void write(latin1('2'));
        return [latin1('3')];
      });
      equal('body', text, '123');
    },
  },
  {
    id: 'T-105',
    title: 'everything written, nothing returned',
    async run(bench) {
      const text = await answer(bench, async (_environ, startResponse) => {
        const write = startResponse('200 OK', plainHeaders);
        await write(latin1('writ'));
        await write(latin1('ten'));
        return [];
      });
      equal('body', text, 'written');
    },
  },
  {
    id: 'T-106',
    title: 'an empty write is nothing',
    async run(bench) {
      const client = await bench.serve((_environ, startResponse) => {
        void startResponse('200 OK', plainHeaders)(latin1(''));
        return [latin1('x')];
      });
      const response = await client.send();
      expectResponse(response, 200, 'x');
      expectTrueLength(bench, response);
    },
  },
  {
    id: 'T-107',
    title: 'an error after a write breaks the response',
    async run(bench) {
      const client = await bench.serve(
        besideOk((_environ, startResponse) => {
          void startResponse('200 OK', markedHeaders)(output);
          throw boom();
        }),
      );
      await expectBroken(bench, client, await client.send());
    },
  },
  {
    id: 'T-108',
    title:
      'write() throws past the declared length, for text, and once the application has returned',
    async run(bench) {
      const attempt = (act: () => unknown): string => {
        try {
          act();
        } catch {
          return 'refused';
        }
        return 'accepted';
      };
      let outcome = '';
      const client = await bench.serve((_environ, startResponse) => {
        const write = startResponse('200 OK', plainOf(3));
        void write(latin1('hel'));
        outcome = attempt(() => write(latin1('lo')));
        return [];
      });
      const past = await client.send();
      equal('write() past Content-Length', outcome, 'refused');
      // The validator does not forgive an attempt that the application hid.
      if (bench.mode === 'bare') expectResponse(past, 200, 'hel');

      const text = await answer(bench, (_environ, startResponse) => {
        const write = startResponse('200 OK', plainHeaders);
        return [latin1(attempt(() => write(untyped('text'))))];
      });
      equal('write() of text', text, 'refused');

      const inside = await answer(bench, function* (_environ, startResponse) {
        const write = startResponse('200 OK', plainHeaders);
        yield latin1(attempt(() => write(latin1('x'))));
      });
      equal('write() from the body', inside, 'refused');
    },
  },
  {
    id: 'T-109',
    title: 'close() is called once, whatever the ending',
    async run(bench) {
      const fail = (): never => {
        throw boom();
      };
      const endings: Record<
        string,
        {
          items?: (Uint8Array | (() => Uint8Array))[];
          status?: string;
          headers?: HeaderList;
          request?: CaseRequest;
        }
      > = {
        'a whole body': { items: [hello, hello] },
        'an error half-way': { items: [hello, fail] },
        'an error at once': { items: [fail] },
        HEAD: { items: [hello, hello], request: { method: 'HEAD' } },
        'a 204': { items: [], status: '204 No Content', headers: [] },
        'a 304': { items: [], status: '304 Not Modified', headers: [] },
        'a length reached early': { items: [hello, hello], headers: plainOf(5) },
        'an empty body': { items: [] },
        'a body of empty blocks': { items: [latin1(''), latin1('')] },
        'a block of text': { items: [() => untyped('text')] },
      };
      for (const [name, ending] of Object.entries(endings)) {
        const { body, count } = countingBody(ending.items ?? []);
        const application = withHead(
          ending.status ?? '200 OK',
          ending.headers ?? plainHeaders,
          () => body,
        );
        const client = await bench.serve(besideOk(application));
        await client.send(ending.request);
        await until(`close() after ${name}`, () => count.closed > 0);
        await expectServing(client);
        equal(`close() calls after ${name}`, count.closed, 1);
        equal(`blocks asked for after close(), ${name}`, count.pulledAfterClose, 0);
      }

      let closed = 0;
      const unbegun = {
        [Symbol.iterator](): Iterator<Uint8Array> {
          throw boom();
        },
        close: () => void closed++,
      };
      const client = await bench.serve(besideOk(respond(() => unbegun)));
      await expectServerError(client, await client.send());
      equal('close() calls after an error in [Symbol.iterator]', closed, 1);

      const unstarted = countingBody([]);
      const silent = await bench.serve(besideOk(() => unstarted.body));
      await expectServerError(silent, await silent.send());
      equal('close() calls without a start', unstarted.count.closed, 1);
    },
  },
  {
    id: 'T-110',
    title: 'a client that leaves ends an endless body',
    without: ['no-disconnect'],
    async run(bench) {
      let closed = 0;
      let finished = 0;
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        try {
          // Not quite endless, so that a server which never notices fails the case and not the machine.
          for (let i = 0; i < 2000 && closed === 0; i++) {
            yield hello;
            await pause(1);
          }
        } finally {
          finished++;
        }
      };
      const body = Object.assign(endless(), { close: () => void closed++ });
      const client = await bench.serve(besideOk(respond(() => body)));
      if (!client.driver.sendAndLeave) return cannotExpress('the driver has no sendAndLeave()');
      await client.driver.sendAndLeave(client.complete({}), { bytes: 1 });
      await until('close() is called', () => closed > 0 && finished > 0);
      await expectServing(client);
      equal('close() calls', closed, 1);
      equal('finally blocks run', finished, 1);
    },
  },
  {
    id: 'T-111',
    title: 'a body that is promised when the client leaves is closed when it comes',
    without: ['no-disconnect'],
    async run(bench) {
      const { body, count } = countingBody([hello]);
      const [entered, release] = [gate(), gate()];
      const client = await bench.serve(
        besideOk(async (_environ, startResponse) => {
          startResponse('200 OK', plainHeaders);
          entered.open();
          await release.opened;
          return body;
        }),
      );
      if (!client.driver.sendAndLeave) return cannotExpress('the driver has no sendAndLeave()');
      await client.driver.sendAndLeave(client.complete({}), { when: entered.opened });
      equal('close() calls before there is a body', count.closed, 0);
      await pause(20);
      release.open();
      await until('close() is called', () => count.closed > 0);
      await expectServing(client);
      equal('close() calls', count.closed, 1);
    },
  },
  {
    id: 'T-112',
    title: 'a close() that throws is logged and spoils nothing',
    async run(bench) {
      const failures: (() => void | Promise<void>)[] = [
        () => {
          throw boom();
        },
        () => Promise.reject(boom()),
      ];
      for (const close of failures) {
        const client = await bench.serve(
          besideOk(respond(() => Object.assign([hello], { close }))),
        );
        expectResponse(await client.send(), 200, 'hello');
        await expectLogged(client);
        await expectServing(client);
      }
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
    id: 'T-115',
    title: 'wsgi.file_wrapper sends a file from its position and closes it once',
    async run(bench) {
      const bytes = noise(15 * 1024);
      const files: Record<
        string,
        [FileLike & { closed: number }, Uint8Array, HeaderList?, string?]
      > = {
        '3 KiB': [memoryFile(bytes.subarray(0, 3072)), bytes.subarray(0, 3072)],
        '15 KiB': [memoryFile(bytes), bytes],
        empty: [memoryFile(latin1('')), latin1('')],
        positioned: [memoryFile(bytes, 10), bytes.subarray(10)],
        'with a length': [memoryFile(bytes), bytes.subarray(0, 100), plainOf(100)],
        HEAD: [memoryFile(bytes), latin1(''), plainHeaders, 'HEAD'],
      };
      for (const [name, [file, expected, headers = plainHeaders, method = 'GET']] of Object.entries(
        files,
      )) {
        let offered = true;
        const client = await bench.serve((environ, startResponse) => {
          startResponse('200 OK', headers);
          const wrap = environ['wsgi.file_wrapper'];
          offered = typeof wrap === 'function';
          return wrap?.(file, 4096) ?? [];
        });
        const response = await client.send({ method });
        if (!offered) cannotExpress('this server offers no wsgi.file_wrapper, which is optional');
        // Longer than its Content-Length: a server cuts, the validator may refuse.
        const refusal = bench.mode === 'validated' && name === 'with a length';
        if (!(refusal && (response.status === 500 || response.aborted))) {
          equal(`status of ${name}`, response.status, 200);
          equal(`length of ${name}`, response.body.length, expected.length);
          ok(`bytes of ${name}`, bodyText(response) === native(expected), 'other bytes');
        }
        await until(`close() of ${name}`, () => file.closed > 0);
        equal(`close() calls of ${name}`, file.closed, 1);
      }

      // A file without close(), and a wrapper that is made and not returned.
      const text = await answer(bench, (environ, startResponse) => {
        const unused = memoryFile(hello);
        environ['wsgi.file_wrapper']?.(unused);
        startResponse('200 OK', plainHeaders);
        const { read } = memoryFile(latin1('used'));
        return environ['wsgi.file_wrapper']?.({ read }) ?? [];
      });
      equal('body', text, 'used');
    },
  },
  {
    id: 'T-116',
    title: 'a stream returned as body is sent, and let go of on HEAD',
    async run(bench) {
      let cancelled = 0;
      const webStream = (): ReadableStream<Uint8Array> => {
        const blocks = [hello, hello];
        return new ReadableStream<Uint8Array>({
          pull(controller) {
            const block = blocks.shift();
            if (block) controller.enqueue(block);
            else controller.close();
          },
          cancel() {
            cancelled++;
          },
        });
      };
      equal('web stream', await answer(bench, respond(webStream)), 'hellohello');
      const web = await bench.serve(respond(webStream));
      expectResponse(await web.send({ method: 'HEAD' }), 200, '');
      await until('the web stream is cancelled on HEAD', () => cancelled === 1);

      // Only where there is Node: found without an import, for this file must load anywhere.
      const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
      const node = process?.getBuiltinModule?.('node:stream') as NodeStreams | undefined;
      if (!node) return;
      for (const method of ['GET', 'HEAD']) {
        const stream = node.Readable.from([hello, hello]);
        const client = await bench.serve(respond(() => stream));
        expectResponse(await client.send({ method }), 200, method === 'GET' ? 'hellohello' : '');
        await until(`the Node stream is destroyed on ${method}`, () => stream.destroyed);
      }
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
      // Whether the client can still be told depends on when the change is noticed; the log must tell in any case.
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
    id: 'T-160',
    title: 'an empty write before an error does not send the headers',
    async run(bench) {
      const client = await bench.serve(
        besideOk((_environ, startResponse) => {
          void startResponse('200 OK', markedHeaders)(latin1(''));
          startResponse('503 Service Unavailable', plainHeaders, boom());
          return [latin1('sorry')];
        }),
      );
      const response = await client.send();
      expectResponse(response, 503, 'sorry');
      equal('x-application', headerValues(response, 'x-application'), []);
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
    id: 'T-163',
    title: 'a body left early: its iterator returns first, then it is closed',
    async run(bench) {
      const events: string[] = [];
      const body = {
        async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
          try {
            yield hello;
            yield hello;
          } finally {
            await pause(1);
            events.push('finally');
          }
        },
        async close(): Promise<void> {
          await pause(1);
          events.push('close');
        },
      };
      const client = await bench.serve(respond(() => body));
      expectResponse(await client.send({ method: 'HEAD' }), 200, '');
      await until('close()', () => events.includes('close'));
      equal('events', events, ['finally', 'close']);
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
    id: 'T-165',
    title: 'HEAD keeps the Content-Length of the application, with and without a body',
    async run(bench) {
      for (const body of [() => [], () => [hello]] as (() => ResponseBody)[]) {
        const client = await bench.serve(besideOk(withHead('200 OK', plainOf(5), body)));
        const response = await client.send({ method: 'HEAD' });
        expectResponse(response, 200, '');
        expectLength(bench, response, ['5']);
        await expectServing(client);
      }
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
  {
    id: 'T-167',
    title: 'an error while a body is being left changes nothing',
    async run(bench) {
      const client = await bench.serve(
        besideOk(
          withHead('200 OK', plainOf(5), () =>
            (function* (): Generator<Uint8Array> {
              try {
                yield hello;
                yield hello;
              } finally {
                // oxlint-disable-next-line no-unsafe-finally
                throw boom();
              }
            })(),
          ),
        ),
      );
      const response = await client.send({ method: 'HEAD' });
      expectResponse(response, 200, '');
      await expectLogged(client);
      await expectServing(client);
    },
  },
  {
    id: 'T-168',
    title: 'what write() returns need not be looked at, even when it fails',
    async run(bench) {
      const client = await bench.serve(
        besideOk(async (_environ, startResponse) => {
          const write = startResponse('200 OK', plainHeaders);
          for (let i = 0; i < 50; i++) void write(a);
          await pause(1);
          return [b];
        }),
      );
      expectResponse(await client.send(), 200, `${'a'.repeat(50)}b`);
      await expectServing(client);
    },
  },
  {
    id: 'T-171',
    title: 'a stream that nobody began to read is destroyed all the same',
    without: ['no-disconnect'],
    // A middleware that wraps the body, as the validator does, is the one to let go of it.
    modes: ['bare'],
    async run(bench) {
      let destroyed = 0;
      const stream = {
        async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
          yield hello;
        },
        destroy: () => void destroyed++,
      };
      const [entered, release] = [gate(), gate()];
      const client = await bench.serve(
        besideOk(async (_environ, startResponse) => {
          startResponse('200 OK', plainHeaders);
          entered.open();
          await release.opened;
          return stream;
        }),
      );
      if (!client.driver.sendAndLeave) return cannotExpress('the driver has no sendAndLeave()');
      await client.driver.sendAndLeave(client.complete({}), { when: entered.opened });
      await pause(20);
      release.open();
      await until('destroy() is called', () => destroyed > 0);
      await expectServing(client);
    },
  },
];
