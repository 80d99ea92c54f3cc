/** Failures, and what one request must not do to the next. */
import type { Application, Middleware } from '../../types.ts';
import type { Bench, ConformanceCase, Mode } from './case.ts';
import { cannotExpress, inexpressible } from './case.ts';
import {
  besideOk,
  bodyText,
  boom,
  countingBody,
  equal,
  expectBroken,
  expectResponse,
  expectServing,
  headerValues,
  latin1,
  markedHeaders,
  matches,
  native,
  output,
  pause,
  plainHeaders,
  refused,
  say,
  secret,
  until,
  wrong,
} from './support.ts';

/** A middleware that does nothing but stand between. */
export const transparent: Middleware = (application) => (environ, startResponse) =>
  application(environ, (status, headers, error) => startResponse(status, headers, error));

export const errorCases: readonly ConformanceCase[] = [
  {
    id: 'T-120',
    title: 'an error before the start is a 500 that tells nothing',
    async run(bench) {
      const response = await refused(bench, () => {
        throw boom();
      });
      equal('content-type', headerValues(response, 'content-type').length, 1);
    },
  },
  {
    id: 'T-121',
    title: 'an error after the start drops the started headers',
    async run(bench) {
      const response = await refused(bench, (_environ, startResponse) => {
        startResponse('200 OK', [...markedHeaders, ['Set-Cookie', 'session=1']]);
        throw boom();
      });
      equal('set-cookie', headerValues(response, 'set-cookie'), []);
    },
  },
  {
    id: 'T-122',
    title: 'an error after the first block breaks the response',
    async run(bench) {
      const client = await bench.serve(
        besideOk(function* (_environ, startResponse) {
          startResponse('200 OK', markedHeaders);
          yield output;
          throw boom();
        }),
      );
      await expectBroken(bench, client, await client.send());
    },
  },
  {
    id: 'T-123',
    title: 'wsgi.errors takes any text and leaves the response alone',
    async run(bench) {
      const client = await bench.serve(
        say(async (environ) => {
          const errors = environ['wsgi.errors'];
          errors.write('café 中 😀 \ud800 lone \0\n');
          errors.writelines(['one\n', 'two\n']);
          errors.write('no newline');
          await errors.flush();
          return 'ok';
        }),
      );
      for (let i = 0; i < 3; i++) expectResponse(await client.send(), 200, 'ok');
      const log = client.log();
      if (log !== undefined) matches('log', log, /café 中 😀[\s\S]*one[\s\S]*two[\s\S]*no newline/);
    },
  },
  {
    id: 'T-124',
    title: 'an error page of the application’s own is delivered as it is',
    async run(bench) {
      const client = await bench.serve((_environ, startResponse) => {
        startResponse('503 Service Unavailable', [...plainHeaders, ['Retry-After', '120']]);
        return [latin1('back soon')];
      });
      const response = await client.send();
      expectResponse(response, 503, 'back soon');
      equal('retry-after', headerValues(response, 'retry-after'), ['120']);
    },
  },
  {
    id: 'T-125',
    title: 'fifty requests, a third of them failing',
    async run(bench) {
      const bodies: ReturnType<typeof countingBody>[] = [];
      const failing: Application[] = [
        () => {
          throw boom();
        },
        () => Promise.reject(boom()),
        (_environ, startResponse) => {
          startResponse('200 OK', markedHeaders);
          const counted = countingBody([
            output,
            () => {
              throw boom();
            },
          ]);
          bodies.push(counted);
          return counted.body;
        },
        () => [output],
      ];
      const client = await bench.serve((environ, startResponse) => {
        const number = Number(environ.QUERY_STRING.slice(2));
        const fails = number % 3 === 0 ? failing[(number / 3) % failing.length] : undefined;
        if (fails) return fails(environ, startResponse);
        startResponse('200 OK', plainHeaders);
        const counted = countingBody([latin1(`number ${number}`)]);
        bodies.push(counted);
        return counted.body;
      });
      for (let i = 0; i < 50; i++) {
        const response = await client.send(`/?n=${i}`);
        if (i % 3 !== 0) expectResponse(response, 200, `number ${i}`);
        else if (response.status !== 500 && response.aborted !== true) {
          wrong(`request ${i}`, 'a failure', `${response.status} ${bodyText(response)}`);
        }
      }
      await until('every body is closed', () => bodies.every(({ count }) => count.closed === 1));
    },
  },
  {
    id: 'T-126',
    title: 'requests overlap if gatecall.concurrent says so',
    async run(bench) {
      let [inside, most] = [0, 0];
      let concurrent: unknown;
      const client = await bench.serve(
        say(async (environ) => {
          concurrent = environ['gatecall.concurrent'];
          most = Math.max(most, ++inside);
          for (let turn = 0; turn < 20 && most < 2; turn++) await pause(1);
          inside--;
          return environ.QUERY_STRING;
        }),
      );
      const responses = await Promise.all([client.send('/?q=1'), client.send('/?q=2')]);
      equal('bodies', responses.map(bodyText), ['q=1', 'q=2']);
      if (typeof concurrent !== 'boolean') cannotExpress('the environ has no gatecall.concurrent');
      equal('requests inside at once', most, concurrent ? 2 : 1);
    },
  },
  {
    id: 'T-169',
    title: 'overlapping requests never see each other',
    async run(bench) {
      const client = await bench.serve(
        say(async (environ) => {
          const before = [environ.PATH_INFO, environ.HTTP_FOO, environ.QUERY_STRING];
          await pause(1);
          const body = native(await environ['wsgi.input'].read());
          return JSON.stringify([...before, body, environ.PATH_INFO === before[0]]);
        }),
      );
      const numbers = Array.from({ length: 20 }, (_, i) => String(i));
      const responses = await Promise.all(
        numbers.map((n) =>
          client.send({
            method: 'POST',
            target: `/${n}?n=${n}`,
            headers: [['Foo', n]],
            body: latin1(n),
          }),
        ),
      );
      for (const [i, response] of responses.entries()) {
        expectResponse(response, 200, JSON.stringify([`/${i}`, `${i}`, `n=${i}`, `${i}`, true]));
      }
    },
  },
  {
    id: 'T-170',
    title: 'the log has the message and the stack that the client has not',
    async run(bench) {
      const client = await bench.serve(
        besideOk(() => {
          throw new Error(secret, { cause: new TypeError('the cause') });
        }),
      );
      equal('status', (await client.send('/path?q=1')).status, 500);
      if (client.log() === undefined) cannotExpress('the driver has no log()');
      await until('the message is logged', () => (client.log() ?? '').includes(secret));
      matches('log', client.log(), /\n[ \t]+at /);
      await expectServing(client);
    },
  },
];

/** T-127 runs every other case again, so it has to be given them. */
export function nestingCase(
  others: readonly ConformanceCase[],
  validated: Middleware,
): ConformanceCase {
  return {
    id: 'T-127',
    title: 'a middleware that does nothing, between two validators, changes nothing',
    modes: ['bare'],
    async run(bench) {
      const nest: Middleware = (application) => validated(transparent(validated(application)));
      const mode: Mode = 'validated';
      const nested: Bench = {
        ...bench,
        mode,
        serve: (application, mount) => bench.serve(nest(application), mount),
      };
      bench.note('cases that move megabytes are not repeated');
      const changed: string[] = [];
      for (const one of others) {
        if (one.heavy || (one.modes && !one.modes.includes(mode))) continue;
        if (one.without?.some((limit) => bench.lacks(limit))) continue;
        try {
          await one.run(nested);
        } catch (error) {
          if (inexpressible(error) !== undefined) continue;
          changed.push(`${one.id} (${error instanceof Error ? error.message : String(error)})`);
        }
      }
      equal('cases that fail through the nest', changed, []);
    },
  };
}
