/** How long a response is, and which have no body. */
import type { HeaderList, ResponseBody } from '../../types.ts';
import type { TestResponse } from '../../aws-model.ts';
import type { Bench, ConformanceCase } from './case.ts';
import {
  a,
  b,
  besideOk,
  countingBody,
  equal,
  expectBroken,
  expectLogged,
  expectResponse,
  expectServing,
  expectTrueLength,
  headerValues,
  hello,
  latin1,
  ok,
  pause,
  plainHeaders,
  plainOf,
  respond,
  withHead,
  within,
} from './support.ts';

function expectLength(bench: Bench, response: TestResponse, expected: string[]): void {
  if (!bench.lacks('no-framing'))
    equal('content-length', headerValues(response, 'content-length'), expected);
}

export const framingCases: readonly ConformanceCase[] = [
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
          throw new Error('the body of a HEAD request was not stopped');
        },
        'an endless async generator': async function* () {
          for (let i = 0; i < 1000; i++) yield hello;
          throw new Error('the body of a HEAD request was not stopped');
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
        // The validator calls a 204 with a body or a length a mistake; without it the server puts
        // it right.
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
];
