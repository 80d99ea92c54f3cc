/** `write`, the imperative way out. */
import type { ConformanceCase } from './case.ts';
import {
  a,
  answer,
  b,
  besideOk,
  boom,
  equal,
  expectBroken,
  expectLogged,
  expectResponse,
  expectServerError,
  expectServing,
  expectTrueLength,
  latin1,
  markedHeaders,
  output,
  pause,
  plainHeaders,
  plainOf,
  untyped,
} from './support.ts';

export const writeCases: readonly ConformanceCase[] = [
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
    title: 'an empty write adds nothing to the body',
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
    id: 'T-160',
    title: 'an empty write sends the headers, so that an error after it breaks the response',
    async run(bench) {
      const client = await bench.serve(
        besideOk((_environ, startResponse) => {
          void startResponse('200 OK', markedHeaders)(latin1(''));
          startResponse('503 Service Unavailable', plainHeaders, boom());
          return [latin1('sorry')];
        }),
      );
      const response = await client.send();
      // Where nothing has left yet, a whole 500 may take the response's place.
      if (response.aborted === true) await expectLogged(client);
      else await expectServerError(client, response);
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
];
