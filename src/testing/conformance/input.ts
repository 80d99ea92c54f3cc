/** The request body. */
import type { Application, Environ, InputStream } from '../../types.ts';
import type { Bench, ConformanceCase } from './case.ts';
import {
  answer,
  besideOk,
  bodyText,
  boom,
  digest,
  equal,
  expectBroken,
  expectResponse,
  fact,
  headerValues,
  latin1,
  markedHeaders,
  matches,
  native,
  noise,
  ok,
  output,
  plainHeaders,
  refused,
  say,
  until,
  utf8,
  wrong,
} from './support.ts';
import { openRaw, request } from './raw.ts';

const inputOf = (environ: Environ): InputStream => environ['wsgi.input'];

/** An application that answers, as JSON, what `read` made of the body (native strings). */
const readBy =
  (read: (input: InputStream) => Promise<unknown>) =>
  (environ: Environ): Promise<unknown> =>
    read(inputOf(environ));

const post = (body: string | Uint8Array) => ({
  method: 'POST',
  headers: [['Content-Type', 'application/octet-stream']] as const,
  body: typeof body === 'string' ? latin1(body) : body,
});

async function lines(input: InputStream): Promise<string[]> {
  const all: string[] = [];
  for await (const line of input) all.push(native(line));
  return all;
}

const echo: Application = async (environ, startResponse) => {
  const body = await inputOf(environ).read();
  startResponse('200 OK', [
    ['Content-Type', 'application/octet-stream'],
    ['X-Length', environ.CONTENT_LENGTH ?? 'none'],
  ]);
  return [body];
};

/** As many bytes as the case wants, or as the platform carries. */
function carried(bench: Bench, wanted: number): number {
  const limit = bench.subject.maxRequest ?? Infinity;
  if (limit >= wanted) return wanted;
  bench.note(`request bodies end at ${limit} bytes here`);
  return limit;
}

export const inputCases: readonly ConformanceCase[] = [
  {
    id: 'T-43',
    title: 'a form: CONTENT_LENGTH, CONTENT_TYPE and that many bytes',
    async run(bench) {
      const application: Application = async (environ, startResponse) => {
        const length = environ.CONTENT_LENGTH ?? '';
        const form = await inputOf(environ).read(Number(length));
        startResponse('200 OK', [
          ['Content-Type', 'text/plain'],
          ['X-Length', length],
          ['X-Type', environ.CONTENT_TYPE ?? ''],
        ]);
        return [latin1(`Hello, ${native(form)}`)];
      };
      const client = await bench.serve(application);
      const type = 'application/x-www-form-urlencoded';
      const response = await client.send({
        method: 'POST',
        headers: [['Content-Type', type]],
        body: latin1('name=x'),
      });
      expectResponse(response, 200, 'Hello, name=x');
      equal('CONTENT_LENGTH', headerValues(response, 'x-length'), ['6']);
      equal('CONTENT_TYPE', headerValues(response, 'x-type'), [type]);
    },
  },
  {
    id: 'T-44',
    title: '96 000 bytes in one read',
    async run(bench) {
      const body = noise(carried(bench, 96_000));
      const read = readBy(async (input) => {
        const bytes = await input.read(body.length);
        return [bytes.length, digest(bytes)];
      });
      equal('length and digest', await fact(bench, read, post(body)), [body.length, digest(body)]);
    },
  },
  {
    id: 'T-45',
    title: '5 MiB in small reads',
    heavy: true,
    async run(bench) {
      const body = noise(carried(bench, 5 * 1024 * 1024));
      const read = readBy(async (input) => {
        let [length, sum] = [0, digest(new Uint8Array(0))];
        for (;;) {
          const block = await input.read(1000);
          if (block.length === 0) return [length, sum];
          length += block.length;
          sum = digest(block, sum);
        }
      });
      equal('length and digest', await fact(bench, read, post(body)), [body.length, digest(body)]);
    },
  },
  {
    id: 'T-46',
    title: 'the end of the body stays the end',
    async run(bench) {
      const read = readBy(async (input) => [
        native(await input.read()),
        native(await input.read()),
        native(await input.read(5)),
        native(await input.readline()),
        (await input.readlines()).length,
        await lines(input),
      ]);
      const came = await fact(bench, read, post('0123456789'));
      equal('reads', came, ['0123456789', '', '', '', 0, []]);
    },
  },
  {
    id: 'T-47',
    title: 'no body is an empty body',
    async run(bench) {
      const read = readBy(async (input) => [
        native(await input.read()),
        native(await input.read(10)),
        await lines(input),
      ]);
      equal('reads', await fact(bench, read), ['', '', []]);
    },
  },
  {
    id: 'T-48',
    title: 'reading past the end gives what there is',
    async run(bench) {
      const read = readBy(async (input) => native(await input.read(100)));
      equal('read(100)', await fact(bench, read, post('four')), 'four');
    },
  },
  {
    id: 'T-49',
    title: 'a pipelined request is not part of the body before it',
    async run(bench) {
      const application = say(async (environ) => {
        const body = native(await inputOf(environ).read(100));
        return `${environ.PATH_INFO} ${body}`;
      });
      const raw = await openRaw(bench, application);
      await raw.send(
        request('POST', '/one', ['Content-Length: 4'], 'four') +
          request('GET', '/two', ['Connection: close']),
      );
      expectResponse(await raw.response(), 200, '/one four');
      expectResponse(await raw.response(), 200, '/two ');
    },
  },
  {
    id: 'T-50',
    title: 'readline() ends after a newline or its size',
    async run(bench) {
      const whole = readBy(async (input) => [
        native(await input.readline(4)),
        native(await input.readline()),
        native(await input.readline()),
      ]);
      equal('lines', await fact(bench, whole, post('abc\ndef')), ['abc\n', 'def', '']);
      const steps = readBy(async (input) => {
        const parts: string[] = [];
        for (let i = 0; i < 5; i++) parts.push(native(await input.readline(2)));
        return parts;
      });
      equal('pieces', await fact(bench, steps, post('abc\ndef')), ['ab', 'c\n', 'de', 'f', '']);
    },
  },
  {
    id: 'T-51',
    title: 'read(), readline() and iteration share one position',
    async run(bench) {
      const read = readBy(async (input) => [
        native(await input.read(1)),
        native(await input.readline(2)),
        native(await input.readline()),
        native(await input.read(2)),
        await lines(input),
      ]);
      equal('pieces', await fact(bench, read, post('abc\ndef\ng')), [
        'a',
        'bc',
        '\n',
        'de',
        ['f\n', 'g'],
      ]);
    },
  },
  {
    id: 'T-52',
    title: 'iteration yields lines, which only a newline ends',
    async run(bench) {
      const came = await fact(bench, readBy(lines), post('a\r\nb\n\nc\rd'));
      equal('lines', came, ['a\r\n', 'b\n', '\n', 'c\rd']);
    },
  },
  {
    id: 'T-53',
    title: 'a size of 0 consumes nothing',
    async run(bench) {
      const read = readBy(async (input) => [
        native(await input.read(0)),
        native(await input.readline(0)),
        native(await input.read()),
      ]);
      equal('reads', await fact(bench, read, post('x\ny')), ['', '', 'x\ny']);
    },
  },
  {
    id: 'T-54',
    title: 'a chunked upload arrives decoded, with and without trailers',
    async run(bench) {
      for (const trailer of ['', 'X-Trailer: 1\r\n']) {
        const raw = await openRaw(
          bench,
          say(async (environ) => {
            const body = native(await inputOf(environ).read());
            return [
              body,
              environ.CONTENT_LENGTH ?? '8',
              environ.HTTP_TRANSFER_ENCODING ?? '',
            ].join();
          }),
        );
        const headers = ['Transfer-Encoding: chunked', 'Connection: close'];
        await raw.send(
          request('POST', '/', headers, `3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n${trailer}\r\n`),
        );
        expectResponse(await raw.response(), 200, 'abcdefgh,8,');
      }
    },
  },
  {
    id: 'T-55',
    title: 'Content-Length beside chunked is refused (request smuggling)',
    run: (bench) =>
      neverCalled(
        bench,
        ['Content-Length: 3', 'Transfer-Encoding: chunked'],
        '3\r\nabc\r\n0\r\n\r\n',
      ),
  },
  {
    id: 'T-56',
    title: 'an ambiguous or malformed Content-Length is refused',
    async run(bench) {
      await neverCalled(bench, ['Content-Length: 3', 'Content-Length: 4'], 'abcd');
      for (const length of ['+5', '0x5', '-1', '5, 6', '5 5']) {
        await neverCalled(bench, [`Content-Length: ${length}`], 'abcde');
      }
    },
  },
  {
    id: 'T-57',
    title: 'Expect: 100-continue is answered before the body must come',
    async run(bench) {
      const application = say(async (environ) => native(await inputOf(environ).read()));
      const raw = await openRaw(bench, application);
      await raw.send(request('POST', '/', ['Content-Length: 4', 'Expect: 100-continue']));
      equal('interim status', (await raw.response()).status, 100);
      await raw.send('four');
      expectResponse(await raw.response(), 200, 'four');

      const old = await openRaw(bench, application);
      const head = request('POST', '/', ['Content-Length: 4', 'Expect: 100-continue'], 'four');
      await old.send(head.replace('HTTP/1.1', 'HTTP/1.0'));
      expectResponse(await old.response(), 200, 'four');
    },
  },
  {
    id: 'T-58',
    title: 'a body that is not read does not become the next request',
    async run(bench) {
      const application = besideOk((_environ, startResponse) => {
        startResponse('401 Unauthorized', plainHeaders);
        return [latin1('no')];
      });
      const raw = await openRaw(bench, application);
      await raw.send(request('POST', '/', ['Content-Length: 4', 'Expect: 100-continue']));
      let response = await raw.response();
      if (response.status === 100) response = await raw.response();
      expectResponse(response, 401, 'no');
      // Either the server has closed, or it skips the body and serves what follows.
      await raw.send(`four${request('GET', '/ok', ['Connection: close'])}`).catch(() => undefined);
      const next = await raw.response().catch(() => undefined);
      if (next !== undefined) expectResponse(next, 200, 'ok');
    },
  },
  {
    id: 'T-59',
    title: 'a body cut off by the client makes the read fail',
    without: ['no-disconnect'],
    async run(bench) {
      let outcome = 'nothing';
      let cleaned = false;
      const raw = await openRaw(bench, async (environ, startResponse) => {
        try {
          outcome = `${(await inputOf(environ).read()).length} bytes`;
        } catch {
          outcome = 'failed';
        } finally {
          cleaned = true;
        }
        startResponse('200 OK', plainHeaders);
        return [latin1('late')];
      });
      await raw.send(request('POST', '/', ['Content-Length: 100'], 'x'.repeat(40)));
      raw.leave();
      await until('the application is told', () => cleaned);
      equal('read()', outcome, 'failed');
      const logged = raw.client.log() ?? '';
      if (/\n[ \t]+at /.test(logged)) wrong('log', 'no stack trace for a client that left', logged);
    },
  },
  {
    id: 'T-60',
    title: 'an unread body does not spoil the response',
    heavy: true,
    async run(bench) {
      const body = noise(carried(bench, 1024 * 1024));
      equal(
        'body',
        await answer(
          bench,
          say(() => 'ok'),
          post(body),
        ),
        'ok',
      );
    },
  },
  {
    id: 'T-61',
    title: 'text and binary bodies arrive byte for byte, and CONTENT_LENGTH counts bytes',
    async run(bench) {
      const client = await bench.serve(echo);
      const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
      const samples: [string, Uint8Array][] = [
        ['text/plain; charset=utf-8', utf8('é中😀\r\n')],
        ['application/json', utf8('{"a":"é"}')],
        ['application/octet-stream', everyByte],
        ['text/plain; charset=utf-8', utf8('\ufeffmarked')],
        ['multipart/form-data; boundary=x', utf8('--x\r\n\r\né\r\n--x--\r\n')],
      ];
      for (const [type, body] of samples) {
        const headers = [['Content-Type', type]] as const;
        const response = await client.send({ method: 'POST', headers, body });
        expectResponse(response, 200, native(body));
        equal('CONTENT_LENGTH', headerValues(response, 'x-length'), [String(body.length)]);
      }
    },
  },
  {
    id: 'T-62',
    title: 'closing wsgi.input is the server’s business',
    modes: ['validated'],
    async run(bench) {
      await refused(bench, (environ, startResponse) => {
        const input: { close?(): void } = inputOf(environ) as never;
        input.close?.();
        if (input.close === undefined) throw new TypeError('wsgi.input has no close()');
        startResponse('200 OK', plainHeaders);
        return [];
      });
    },
  },
  {
    id: 'T-139',
    title: 'readlines(hint) stops after the line that reaches the hint, or ignores it',
    async run(bench) {
      const read = readBy(async (input) => {
        const first = (await input.readlines(4)).map(native);
        const rest = (await input.readlines()).map(native);
        return [first.length >= 2, [...first, ...rest]];
      });
      const came = await fact(bench, read, post('ab\ncd\nef\ngh'));
      equal('lines', came, [true, ['ab\n', 'cd\n', 'ef\n', 'gh']]);
    },
  },
  {
    id: 'T-140',
    title: 'reads that overlap are served in call order',
    async run(bench) {
      const read = readBy(async (input) =>
        (await Promise.all([input.read(2), input.readline(), input.read(1), input.read()])).map(
          native,
        ),
      );
      equal('reads', await fact(bench, read, post('abcd\nefg')), ['ab', 'cd\n', 'e', 'fg']);
    },
  },
  {
    id: 'T-141',
    title:
      'a size that is no whole number is the application’s mistake, and a negative one means everything',
    async run(bench) {
      const read = readBy(async (input) => {
        const outcomes: unknown[] = [];
        for (const size of [NaN, 1.5]) {
          const mistake = await (async () => input.read(size))().then(native, () => 'refused');
          outcomes.push(mistake);
        }
        return [...outcomes, native(await input.read(-1))];
      });
      equal('reads', await fact(bench, read, post('abc')), ['refused', 'refused', 'abc']);
    },
  },
  {
    id: 'T-142',
    title: 'an input announced as buffered can be read without waiting',
    async run(bench) {
      const came = await fact(
        bench,
        (environ) => {
          if (environ['gatecall.input_buffered'] !== true) return 'not announced';
          const input = inputOf(environ);
          if (!('readSync' in input && typeof input.readSync === 'function'))
            return 'no readSync()';
          const parts: string[] = [];
          for (let i = 0; i < 3; i++) {
            const block: unknown = Reflect.apply(input.readSync, input, [2]);
            parts.push(block instanceof Uint8Array ? native(block) : typeof block);
          }
          return parts.join();
        },
        post('abcd'),
      );
      matches('input', came, /^(not announced|ab,cd,)$/);
    },
  },
  {
    id: 'T-143',
    title: 'a body under any method, an empty one included',
    async run(bench) {
      const application = say(async (environ) => native(await inputOf(environ).read()));
      const client = await bench.serve(application);
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        expectResponse(await client.send({ ...post('x=1'), method }), 200, 'x=1');
        expectResponse(await client.send({ ...post(''), method }), 200, '');
      }
    },
  },
  {
    id: 'T-144',
    title: 'an input kept from one request says nothing of the next',
    async run(bench) {
      let kept: InputStream | undefined;
      const client = await bench.serve(
        say(async (environ) => {
          const before = kept ? native(await kept.read()) : '';
          kept = inputOf(environ);
          return before;
        }),
      );
      await client.send(post('first'));
      const response = await client.send(post('second'));
      ok('second body', !bodyText(response).includes('second'), bodyText(response));
    },
  },
  {
    id: 'T-145',
    title: 'an error half-way through answering half a body breaks the response',
    async run(bench) {
      const client = await bench.serve(
        besideOk(async function* (environ, startResponse) {
          startResponse('200 OK', markedHeaders);
          await inputOf(environ).read(2);
          yield output;
          throw boom();
        }),
      );
      await expectBroken(bench, client, await client.send(post('abcd')));
    },
  },
];

/** The server itself must turn the request down. */
async function neverCalled(bench: Bench, headers: string[], body: string): Promise<void> {
  let called = false;
  const raw = await openRaw(bench, (environ, startResponse) => {
    called = true;
    return say(() => 'called')(environ, startResponse);
  });
  await raw.send(request('POST', '/', [...headers, 'Connection: close'], body));
  const response = await raw.response();
  equal(`status for ${headers.join(' and ')}`, response.status, 400);
  equal('application called', called, false);
}
