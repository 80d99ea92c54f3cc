/** `startResponse`: its arguments, and how often it may be called. */
import type { Application, HeaderList, StartResponse } from '../../types.ts';
import type { Bench, Client, ConformanceCase } from './case.ts';
import {
  allRefused,
  answer,
  besideOk,
  boom,
  codes,
  countingBody,
  equal,
  expectBroken,
  expectResponse,
  expectServerError,
  headerValues,
  latin1,
  markedHeaders,
  output,
  pause,
  plainHeaders,
  refused,
  startUntyped,
  untyped,
  within,
} from './support.ts';
import type { TestResponse } from '../../aws-model.ts';

/** Starts with just these, types or no types, and returns one block. */
const start =
  (...given: unknown[]): Application =>
  (_environ, startResponse) => {
    startUntyped(startResponse, ...given);
    return [output];
  };
const startStatus = (status: unknown): Application => start(status, markedHeaders);
const startHeaders = (...headers: unknown[]): Application =>
  start('200 OK', [...markedHeaders, ...headers]);

const page =
  (status: string, headers: HeaderList, text: string): Application =>
  (_e, startResponse) => {
    startResponse(status, headers);
    return [latin1(text)];
  };

function expectReason(bench: Bench, response: TestResponse, reason: string): void {
  if (!bench.lacks('no-reason')) equal('reason', response.reason, reason);
}

/** The values of a header, whether they came as several lines or folded into one. */
const folded = (response: TestResponse, name: string): string[] =>
  headerValues(response, name).flatMap((value) => value.split(/, ?/));

function expectValues(
  bench: Bench,
  response: TestResponse,
  name: string,
  expected: string[],
): void {
  const came = folded(response, name);
  const unordered = bench.lacks('unordered-header-values');
  equal(name, unordered ? came.toSorted() : came, unordered ? expected.toSorted() : expected);
}

/** An attempt to start with a header that is no header; the error stays inside. */
function failToStart(startResponse: StartResponse): void {
  try {
    startResponse('200 OK', [['X-Application', 'bad\nvalue']]);
  } catch {
    // What the application then does is the case.
  }
}

async function exchange(bench: Bench, application: Application): Promise<[Client, TestResponse]> {
  const client = await bench.serve(besideOk(application));
  return [client, await client.send()];
}

export const startResponseCases: readonly ConformanceCase[] = [
  {
    id: 'T-63',
    title: 'status, reason and page of a 404',
    async run(bench) {
      const [, response] = await exchange(
        bench,
        page('404 Not Found', plainHeaders, 'nothing here'),
      );
      expectResponse(response, 404, 'nothing here');
      expectReason(bench, response, 'Not Found');
    },
  },
  {
    id: 'T-64',
    title: 'an unregistered status, with a reason of its own',
    async run(bench) {
      const [, response] = await exchange(bench, page('299 My Own Reason', plainHeaders, 'x'));
      expectResponse(response, 299, 'x');
      expectReason(bench, response, 'My Own Reason');
    },
  },
  {
    id: 'T-65',
    title: 'a repeated response header keeps its values and their order',
    async run(bench) {
      const headers: HeaderList = [...plainHeaders, ['X-Foo', 'foo'], ['X-Foo', 'bar, baz']];
      const [, response] = await exchange(bench, page('200 OK', headers, 'x'));
      expectResponse(response, 200, 'x');
      expectValues(bench, response, 'x-foo', ['foo', 'bar', 'baz']);
    },
  },
  {
    id: 'T-66',
    title: 'three each of Set-Cookie, Link and a one-letter header',
    async run(bench) {
      const cookies = ['a=1; Path=/', 'b=2; Expires=Thu, 01 Jan 2032 00:00:00 GMT', 'c=3'];
      const links = ['<1>', '<2>', '<3>'];
      const letters = ['x', 'y', 'z'];
      const headers: HeaderList = [
        ...plainHeaders,
        ...[0, 1, 2].flatMap((i): [string, string][] => [
          ['Set-Cookie', cookies[i] ?? ''],
          ['Link', links[i] ?? ''],
          ['X', letters[i] ?? ''],
        ]),
      ];
      const [, response] = await exchange(bench, page('200 OK', headers, 'x'));
      expectResponse(response, 200, 'x');
      const came = headerValues(response, 'set-cookie');
      const unordered = bench.lacks('unordered-header-values');
      equal('set-cookie', unordered ? came.toSorted() : came, cookies);
      expectValues(bench, response, 'link', links);
      expectValues(bench, response, 'x', letters);
    },
  },
  {
    id: 'T-67',
    title: 'header names compare without regard to case',
    async run(bench) {
      const headers: HeaderList = [
        ['Content-type', 'text/plain'],
        ['SET-COOKIE', 'a=1'],
        ['content-LENGTH', '1'],
      ];
      const [, response] = await exchange(bench, page('200 OK', headers, 'x'));
      expectResponse(response, 200, 'x');
      equal('content-type', headerValues(response, 'content-type'), ['text/plain']);
      equal('set-cookie', headerValues(response, 'set-cookie'), ['a=1']);
      if (!bench.lacks('no-framing')) {
        equal('content-length', headerValues(response, 'content-length'), ['1']);
      }
    },
  },
  {
    id: 'T-68',
    title: 'the application’s own Date and Server are the only ones',
    without: ['own-date-server'],
    async run(bench) {
      const date = 'Thu, 01 Jan 2032 00:00:00 GMT';
      const headers: HeaderList = [...plainHeaders, ['Date', date], ['server', 'Mine/1']];
      const [, response] = await exchange(bench, page('200 OK', headers, 'x'));
      equal('date', headerValues(response, 'date'), [date]);
      equal('server', headerValues(response, 'server'), ['Mine/1']);
    },
  },
  {
    id: 'T-69',
    title: 'a response header byte beyond ASCII',
    async run(bench) {
      const headers: HeaderList = [...plainHeaders, ['X-Foo', '\xe9']];
      const [, response] = await exchange(bench, page('200 OK', headers, 'x'));
      expectResponse(response, 200, 'x');
      const came = headerValues(response, 'x-foo').map(codes);
      equal('bytes of x-foo', came, [bench.lacks('text-response-headers') ? [0xc3, 0xa9] : [0xe9]]);
    },
  },
  {
    id: 'T-70',
    title: 'a header that would break the response is refused',
    async run(bench) {
      await allRefused(bench, {
        'CR LF in a value': startHeaders(['X-Foo', 'a\r\nSet-Cookie: x=1']),
        'LF in a name': startHeaders(['X-Foo\n', 'a']),
        'colon in a name': startHeaders(['X-Foo:', 'a']),
        'space in a name': startHeaders(['X Foo', 'a']),
        'empty name': startHeaders(['', 'a']),
        'é in a name': startHeaders(['X-\xe9', 'a']),
        'U+010D U+010A, which careless encoders cut to CR LF': startHeaders([
          'X-Foo',
          'a\u010d\u010ab',
        ]),
        'emoji in a value': startHeaders(['X-Foo', '😀']),
        'NUL in a value': startHeaders(['X-Foo', 'a\0b']),
        'DEL in a value': startHeaders(['X-Foo', 'a\x7fb']),
      });
    },
  },
  {
    id: 'T-71',
    title: 'a malformed status is refused',
    async run(bench) {
      const statuses = [
        '200 OK\r\nSet-Cookie: x=1',
        '200 O\nK',
        '200',
        '20X OK',
        ' 200 OK',
        '200OK',
        '200  OK',
        '200 OK ',
        '',
        '2000 OK',
        '100 Continue',
        '099 X',
        '200 \u010d\u010a',
        200,
        undefined,
        null,
      ];
      for (const status of statuses) {
        await within(`status ${JSON.stringify(status)}`, () => refused(bench, startStatus(status)));
      }
    },
  },
  {
    id: 'T-72',
    title: 'headers that are no list of pairs of strings are refused',
    async run(bench) {
      await allRefused(bench, {
        'an object': start('200 OK', { 'X-Application': 'started' }),
        'a Headers instance': start('200 OK', new Headers({ 'X-Application': 'started' })),
        'a Map': start('200 OK', new Map([['X-Application', 'started']])),
        nothing: start('200 OK'),
        null: start('200 OK', null),
        'a string': start('200 OK', 'X-Application: started'),
        'a pair of one': startHeaders(['X-Foo']),
        'a pair of three': startHeaders(['X-Foo', 'a', 'b']),
        'a string for a pair': startHeaders('ab'),
        'a number as value': startHeaders(['X-Foo', 5]),
        'no value': startHeaders(['X-Foo', undefined]),
        'a list as value': startHeaders(['Set-Cookie', ['a=1', 'b=2']]),
      });
    },
  },
  {
    id: 'T-73',
    title: 'a frozen header list is served, and the server leaves lists alone',
    async run(bench) {
      const frozen = Object.freeze([
        Object.freeze(['Content-Type', 'text/plain'] as const),
        Object.freeze(['X-Foo', 'a'] as const),
      ]);
      const list: [string, string][] = [['Content-Type', 'text/plain']];
      const client = await bench.serve((environ, startResponse) => {
        startResponse('200 OK', environ.PATH_INFO.endsWith('/list') ? list : frozen);
        return [latin1('x')];
      });
      const response = await client.send();
      expectResponse(response, 200, 'x');
      equal('x-foo', headerValues(response, 'x-foo'), ['a']);
      expectResponse(await client.send('/list'), 200, 'x');
      equal('the application’s list', list, [['Content-Type', 'text/plain']]);
    },
  },
  {
    id: 'T-74',
    title: 'hop-by-hop headers are not the application’s to send',
    async run(bench) {
      await allRefused(bench, {
        Connection: startHeaders(['Connection', 'close']),
        'Transfer-Encoding': startHeaders(['transfer-encoding', 'chunked']),
        'Keep-Alive': startHeaders(['Keep-Alive', 'timeout=5']),
        Upgrade: startHeaders(['UPGRADE', 'websocket']),
        Trailer: startHeaders(['Trailer', 'X-Foo']),
        TE: startHeaders(['TE', 'trailers']),
        'Proxy-Authenticate': startHeaders(['Proxy-Authenticate', 'Basic']),
        'Proxy-Authorization': startHeaders(['Proxy-Authorization', 'Basic x']),
      });
    },
  },
  {
    id: 'T-75',
    title: 'there is no header Status',
    async run(bench) {
      await refused(bench, startHeaders(['Status', '201 Created']));
    },
  },
  {
    id: 'T-76',
    title: 'response header names that objects inherit',
    async run(bench) {
      const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf'];
      const headers = names.map((name): [string, string] => [name, 'a']);
      const [client, response] = await exchange(
        bench,
        page('200 OK', [...plainHeaders, ...headers], 'x'),
      );
      expectResponse(response, 200, 'x');
      for (const name of names) {
        equal(name, headerValues(response, name.toLowerCase()), ['a']);
      }
      equal('Object.prototype', Object.keys(Object.prototype), []);
      expectResponse(await client.send('/ok'), 200, 'ok');
    },
  },
  {
    id: 'T-77',
    title: 'a generator that starts with its first step',
    async run(bench) {
      const sync: Application = function* (_environ, startResponse) {
        startResponse('201 Created', plainHeaders);
        yield latin1('a');
        yield latin1('b');
      };
      const async: Application = async function* (_environ, startResponse) {
        await pause(1);
        startResponse('201 Created', plainHeaders);
        yield latin1('a');
        yield latin1('b');
      };
      for (const application of [sync, async]) {
        const [, response] = await exchange(bench, application);
        expectResponse(response, 201, 'ab');
      }
    },
  },
  {
    id: 'T-78',
    title: 'empty blocks before the start are nothing',
    async run(bench) {
      const application: Application = function* (_environ, startResponse) {
        yield latin1('');
        startResponse('200 OK', plainHeaders);
        yield latin1('x');
      };
      equal('body', await answer(bench, application), 'x');
    },
  },
  {
    id: 'T-79',
    title: 'a response that never starts is the server’s 500',
    async run(bench) {
      await allRefused(bench, {
        'an empty list': () => [],
        'a list': () => [output],
        'a generator': function* () {
          yield output;
        },
        'an empty generator': function* () {},
        'an async generator': async function* () {
          yield output;
        },
      });
    },
  },
  {
    id: 'T-80',
    title: 'starting twice without an error is refused',
    async run(bench) {
      await refused(bench, (_environ, startResponse) => {
        startResponse('200 OK', markedHeaders);
        startResponse('201 Created', markedHeaders);
        return [output];
      });
    },
  },
  {
    id: 'T-81',
    title: 'a start that failed counts as a start',
    async run(bench) {
      await refused(bench, (_environ, startResponse) => {
        failToStart(startResponse);
        startResponse('200 OK', markedHeaders);
        return [output];
      });
    },
  },
  {
    id: 'T-82',
    title: 'after a start that failed, one with the error succeeds',
    async run(bench) {
      const [, response] = await exchange(bench, (_environ, startResponse) => {
        try {
          startResponse('200 OK', [['X-Application', 'bad\nvalue']]);
        } catch (error) {
          startResponse('503 Service Unavailable', plainHeaders, error);
        }
        return [latin1('sorry')];
      });
      expectResponse(response, 503, 'sorry');
      equal('x-application', headerValues(response, 'x-application'), []);
    },
  },
  {
    id: 'T-83',
    title: 'a restart with the error replaces status and headers whole',
    async run(bench) {
      const [, response] = await exchange(bench, (_environ, startResponse) => {
        startResponse('200 OK', [...plainHeaders, ['A', '1'], ['Set-Cookie', 'session=1']]);
        startResponse(
          '500 My Own',
          [
            ['Content-Type', 'text/html'],
            ['B', '2'],
          ],
          boom(),
        );
        return [latin1('sorry')];
      });
      expectResponse(response, 500, 'sorry');
      equal('a', headerValues(response, 'a'), []);
      equal('b', headerValues(response, 'b'), ['2']);
      equal('set-cookie', headerValues(response, 'set-cookie'), []);
      equal('content-type', headerValues(response, 'content-type'), ['text/html']);
    },
  },
  {
    id: 'T-84',
    title: 'the first start may carry an error',
    async run(bench) {
      const [, response] = await exchange(bench, (_environ, startResponse) => {
        startResponse('500 My Own', plainHeaders, boom());
        return [latin1('sorry')];
      });
      expectResponse(response, 500, 'sorry');
    },
  },
  {
    id: 'T-85',
    title: 'an empty block does not send the headers',
    async run(bench) {
      const [, response] = await exchange(bench, function* (_environ, startResponse) {
        startResponse('200 OK', markedHeaders);
        yield latin1('');
        startResponse('500 My Own', plainHeaders, boom());
        yield latin1('sorry');
      });
      expectResponse(response, 500, 'sorry');
      equal('x-application', headerValues(response, 'x-application'), []);
    },
  },
  {
    id: 'T-86',
    title: 'a restart after output throws the very error it was given, and the response breaks',
    async run(bench) {
      const error = boom();
      let same: boolean | undefined;
      const [client, response] = await exchange(bench, function* (_environ, startResponse) {
        startResponse('200 OK', markedHeaders);
        yield output;
        try {
          startResponse('500 My Own', plainHeaders, error);
        } catch (thrown) {
          same = thrown === error;
          throw thrown;
        }
        yield latin1('never');
      });
      equal('the same error', same, true);
      await expectBroken(bench, client, response);
    },
  },
  {
    id: 'T-87',
    title: 'only undefined and null are no error',
    async run(bench) {
      const restart =
        (error: unknown): Application =>
        (_environ, startResponse) => {
          startResponse('200 OK', markedHeaders);
          startResponse('503 Service Unavailable', plainHeaders, error);
          return [latin1('sorry')];
        };
      for (const error of [0, '', false, NaN]) {
        const [, response] = await exchange(bench, restart(error));
        await within(`error ${String(error)}`, async () => expectResponse(response, 503, 'sorry'));
      }
      await allRefused(bench, { undefined: restart(undefined), null: restart(null) });
    },
  },
  {
    id: 'T-88',
    title: 'a start after the end throws and changes nothing',
    async run(bench) {
      let kept: StartResponse | undefined;
      const client = await bench.serve((environ, startResponse) => {
        kept = startResponse;
        if (environ.PATH_INFO.endsWith('/never')) return [output];
        startResponse('200 OK', plainHeaders);
        return [latin1('x')];
      });
      for (const target of ['/', '/never']) {
        await client.send(target);
        const late = untyped<StartResponse>(kept);
        for (const given of [[], [boom()]]) {
          let thrown = false;
          try {
            startUntyped(late, '500 Late', markedHeaders, ...given);
          } catch {
            thrown = true;
          }
          equal(`thrown after ${target}`, thrown, true);
        }
        const next = await client.send();
        expectResponse(next, 200, 'x');
        equal('x-application', headerValues(next, 'x-application'), []);
      }
    },
  },
  {
    id: 'T-89',
    title: 'asynchronous applications',
    async run(bench) {
      const late: Application = async (_environ, startResponse) => {
        await pause(5);
        startResponse('200 OK', plainHeaders);
        return [latin1('x')];
      };
      const early: Application = async (_environ, startResponse) => {
        startResponse('200 OK', plainHeaders);
        await pause(5);
        return [latin1('x')];
      };
      equal('starts late', await answer(bench, late), 'x');
      equal('starts early', await answer(bench, early), 'x');
      await allRefused(bench, {
        rejects: () => Promise.reject(boom()),
        'rejects after starting': async (_environ, startResponse) => {
          startResponse('200 OK', markedHeaders);
          await pause(1);
          throw boom();
        },
        // Rejecting with nothing is the one error that cannot be told from "no error" later on.
        'rejects with undefined': () => Promise.reject(undefined),
      });
    },
  },
  {
    id: 'T-146',
    title: 'a very long reason, an empty one, and the last of the usual statuses',
    async run(bench) {
      const long = 'r'.repeat(1000);
      for (const [status, reason] of [
        [`200 ${long}`, long],
        ['404 ', ''],
        ['599 Weird', 'Weird'],
      ] as const) {
        const [, response] = await exchange(bench, page(status, plainHeaders, 'x'));
        expectResponse(response, Number(status.slice(0, 3)), 'x');
        // An empty reason may be filled in: no client reads anything into it.
        if (reason !== '') expectReason(bench, response, reason);
      }
    },
  },
  {
    id: 'T-147',
    title: 'an empty response header value',
    async run(bench) {
      const headers: HeaderList = [...plainHeaders, ['X-Empty', ''], ['X-Foo', 'a']];
      const [, response] = await exchange(bench, page('200 OK', headers, 'x'));
      expectResponse(response, 200, 'x');
      equal('x-empty', headerValues(response, 'x-empty'), ['']);
      equal('x-foo', headerValues(response, 'x-foo'), ['a']);
    },
  },
  {
    id: 'T-148',
    title: 'what the application does to its header list after the start changes nothing',
    async run(bench) {
      const [, response] = await exchange(bench, (_environ, startResponse) => {
        const foo: [string, string] = ['X-Foo', 'a'];
        const headers: [string, string][] = [['Content-Type', 'text/plain'], foo];
        startResponse('200 OK', headers);
        foo[1] = 'changed\r\nX-Injected: 1';
        headers.push(['X-Late', 'b'], ['Content-Length', '99']);
        headers.shift();
        return [latin1('x')];
      });
      expectResponse(response, 200, 'x');
      equal('x-foo', headerValues(response, 'x-foo'), ['a']);
      equal('x-late', headerValues(response, 'x-late'), []);
      equal('x-injected', headerValues(response, 'x-injected'), []);
      equal('content-type', headerValues(response, 'content-type'), ['text/plain']);
    },
  },
  {
    id: 'T-149',
    title: 'a redirect whose only other header is Set-Cookie',
    async run(bench) {
      const [, response] = await exchange(bench, (_environ, startResponse) => {
        startResponse('302 Found', [
          ['Location', '/elsewhere?a=1&b=%20'],
          ['Set-Cookie', 'a=1; HttpOnly'],
        ]);
        return [];
      });
      expectResponse(response, 302, '');
      equal('location', headerValues(response, 'location'), ['/elsewhere?a=1&b=%20']);
      equal('set-cookie', headerValues(response, 'set-cookie'), ['a=1; HttpOnly']);
    },
  },
  {
    id: 'T-150',
    title:
      'the application is only called: with two arguments, no receiver, whatever kind of function it is',
    async run(bench) {
      const seen: unknown[] = [];
      const plain = function (this: unknown, ...given: unknown[]): Uint8Array[] {
        seen.push(this === undefined, given.length);
        const [, startResponse] = given as Parameters<Application>;
        startResponse('200 OK', plainHeaders);
        return [latin1('x')];
      };
      const decorated = Object.assign(plain.bind(undefined), { app: 1, handler: 2, fetch: 3 });
      const called: Application[] = [untyped(plain), untyped(decorated)];
      for (const application of called) {
        equal('body', await answer(bench, application), 'x');
      }
      // The validator is a function of its own and may call as it likes; the server may not.
      equal('no receiver, number of arguments', seen, [true, 2, true, 2]);
    },
  },
  {
    id: 'T-151',
    title: 'startResponse always returns a write function',
    async run(bench) {
      const text = await answer(bench, (_environ, startResponse) => {
        const first = typeof startResponse('200 OK', plainHeaders);
        const second = typeof startResponse('200 OK', plainHeaders, boom());
        return [latin1(`${first} ${second}`)];
      });
      equal('types', text, 'function function');
    },
  },
  {
    id: 'T-152',
    title: 'Content-Length is given once, in digits',
    async run(bench) {
      await allRefused(bench, {
        'two of them': startHeaders(['Content-Length', '18'], ['content-length', '18']),
        words: startHeaders(['Content-Length', 'many']),
        signed: startHeaders(['Content-Length', '+18']),
        negative: startHeaders(['Content-Length', '-1']),
        fraction: startHeaders(['Content-Length', '18.0']),
        empty: startHeaders(['Content-Length', '']),
      });
    },
  },
  {
    id: 'T-153',
    title: 'nothing leaves before the first block is there',
    async run(bench) {
      // The application dies after starting and after an empty block: a server that had sent its
      // headers could not answer with a clean 500 any more.
      const { body, count } = countingBody([
        latin1(''),
        () => {
          throw boom();
        },
      ]);
      const [client, response] = await exchange(bench, (_environ, startResponse) => {
        startResponse('200 OK', markedHeaders);
        return body;
      });
      await expectServerError(client, response);
      equal('close() calls', count.closed, 1);
    },
  },
  {
    id: 'T-154',
    title: 'errors of any type survive being passed and thrown',
    async run(bench) {
      const hostile = {
        get message(): string {
          throw new Error('no message');
        },
        toString(): string {
          throw new Error('no text');
        },
      };
      for (const error of ['text', 42, Symbol('s'), Object.create(null), hostile]) {
        const thrower: Application = () => {
          throw error;
        };
        await within(`throwing a ${typeof error}`, () => refused(bench, thrower));
        const [, response] = await exchange(bench, (_environ, startResponse) => {
          startResponse('200 OK', markedHeaders);
          startResponse('503 Service Unavailable', plainHeaders, error);
          return [latin1('sorry')];
        });
        expectResponse(response, 503, 'sorry');
      }
    },
  },
  {
    id: 'T-155',
    title: 'a hundred different response headers',
    async run(bench) {
      const many = Array.from({ length: 100 }, (_, i): [string, string] => [`X-${i}`, `v${i}`]);
      const [, response] = await exchange(bench, page('200 OK', [...plainHeaders, ...many], 'x'));
      expectResponse(response, 200, 'x');
      equal(
        'values',
        many.flatMap(([name]) => headerValues(response, name.toLowerCase())),
        many.map(([, value]) => value),
      );
    },
  },
  {
    id: 'T-156',
    title: 'a value’s spaces and quotes stay, a tab becomes a space or is refused',
    async run(bench) {
      const headers: HeaderList = [...plainHeaders, ['X-Foo', '"a  b", \\c; d=\'e\'']];
      const [, response] = await exchange(bench, page('200 OK', headers, 'x'));
      equal('x-foo', headerValues(response, 'x-foo'), ['"a  b", \\c; d=\'e\'']);
      const [, tabbed] = await exchange(bench, page('200 OK', [['X-Foo', 'a\tb']], 'x'));
      if (tabbed.status !== 500) equal('x-foo', headerValues(tabbed, 'x-foo'), ['a b']);
    },
  },
  {
    id: 'T-157',
    title: 'a response without trouble leaves nothing in the log',
    modes: ['bare'],
    async run(bench) {
      const [client, response] = await exchange(bench, page('404 Not Found', plainHeaders, 'x'));
      expectResponse(response, 404, 'x');
      equal('log', client.log() ?? '', '');
    },
  },
];
