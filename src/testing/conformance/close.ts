/** How a body ends: `close`, interruptions, files and streams. */
import type { FileLike, HeaderList, ResponseBody } from '../../types.ts';
import type { Bench, CaseRequest, Client, ConformanceCase } from './case.ts';
import { cannotExpress } from './case.ts';
import {
  answer,
  besideOk,
  bodyText,
  boom,
  countingBody,
  equal,
  expectLogged,
  expectResponse,
  expectServerError,
  expectServing,
  gate,
  hello,
  latin1,
  native,
  noise,
  ok,
  pause,
  plainHeaders,
  plainOf,
  respond,
  until,
  untyped,
  withHead,
} from './support.ts';

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

/** What is used of `node:stream`. */
interface NodeStreams {
  Readable: { from(blocks: Iterable<Uint8Array>): ResponseBody & { destroyed: boolean } };
}

/**
 * A client that leaves while the application is still busy, which then comes with `body` all the
 * same.
 */
async function leaveBeforeBody(
  bench: Bench,
  body: ResponseBody,
  onLeft: () => void = () => {},
): Promise<Client> {
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
  onLeft();
  await pause(20);
  release.open();
  return client;
}

export const closeCases: readonly ConformanceCase[] = [
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
          // Not quite endless, so that a server which never notices fails the case and not the
          // machine.
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
      const client = await leaveBeforeBody(bench, body, () =>
        equal('close() calls before there is a body', count.closed, 0),
      );
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
    id: 'T-171',
    title: 'an unread stream is destroyed all the same',
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
      const client = await leaveBeforeBody(bench, stream);
      await until('destroy() is called', () => destroyed > 0);
      await expectServing(client);
    },
  },
];
