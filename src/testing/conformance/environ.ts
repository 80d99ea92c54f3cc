/** From the request to the environ. */
import { RAW_HEADERS } from '../../core/request/request-headers.ts';
import type { Environ } from '../../types.ts';
import type { Bench, ConformanceCase } from './case.ts';
import {
  bodyText,
  codes,
  equal,
  expectResponse,
  expectServing,
  fact,
  latin1,
  matches,
  ok,
  say,
  within,
  wrong,
} from './support.ts';

const JSON_TYPES = { 'Content-Type': 'application/json' } as const;

const script = (environ: Environ): string => `[${environ.SCRIPT_NAME}]`;
const path = (environ: Environ): string => environ.PATH_INFO;
const query = (environ: Environ): string => environ.QUERY_STRING;
const has =
  (...keys: string[]) =>
  (environ: Environ): string[] =>
    keys.filter((key) => Object.hasOwn(environ, key));

/** The URL the client asked for, after PEP 3333, "URL Reconstruction". */
function requestUri(environ: Environ): string {
  const scheme = environ['wsgi.url_scheme'];
  const usual = environ.SERVER_PORT === (scheme === 'https' ? '443' : '80');
  const authority =
    environ.HTTP_HOST || environ.SERVER_NAME + (usual ? '' : `:${environ.SERVER_PORT}`);
  const quoted = (environ.SCRIPT_NAME + environ.PATH_INFO).replace(
    /[^A-Za-z0-9_.~/;=,-]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  const search = environ.QUERY_STRING && `?${environ.QUERY_STRING}`;
  return `${scheme}://${authority}${quoted}${search}`;
}

/** Decodes one part of a query the way a form does; malformed escapes stay. */
const formDecode = (text: string): string =>
  text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

function pairs(text: string): [string, string][] {
  const parts = text.split('&').filter((part) => part !== '');
  return parts.map((part) => {
    const at = part.includes('=') ? part.indexOf('=') : part.length;
    return [formDecode(part.slice(0, at)), formDecode(part.slice(at + 1))];
  });
}

/** What is left of a query after the platform has sorted its pairs by name. */
function grouped(all: [string, string][], lastOnly: boolean): [string, string][] {
  const groups = new Map<string, string[]>();
  for (const [name, value] of all) groups.set(name, [...(groups.get(name) ?? []), value]);
  return [...groups].flatMap(([name, values]) =>
    (lastOnly ? values.slice(-1) : values).map((value): [string, string] => [name, value]),
  );
}

async function queryArrives(bench: Bench, sent: string): Promise<void> {
  const came = String(await fact(bench, query, `/p?${sent}`));
  const lastOnly = bench.lacks('last-query-value');
  if (bench.lacks('parsed-query') || bench.lacks('grouped-query') || lastOnly) {
    equal('pairs of QUERY_STRING', pairs(came), grouped(pairs(sent), lastOnly));
  } else {
    equal('QUERY_STRING', came, sent);
  }
}

export const environCases: readonly ConformanceCase[] = [
  {
    id: 'T-1',
    title: 'SCRIPT_NAME is empty at the root, or the prefix the deployment gives',
    async run(bench) {
      equal('SCRIPT_NAME', await fact(bench, script, '/'), `[${bench.mount}]`);
    },
  },
  {
    id: 'T-2',
    title: 'QUERY_STRING holds what follows the question mark',
    async run(bench) {
      const text = await fact(bench, (environ) => `Hello, ${environ.QUERY_STRING}`, '/?name=x');
      equal('body', text, 'Hello, name=x');
    },
  },
  {
    id: 'T-3',
    title: 'method, script, path, query, server name and port',
    async run(bench) {
      const came = await fact(
        bench,
        (e) => [e.REQUEST_METHOD, e.SCRIPT_NAME, e.PATH_INFO, e.QUERY_STRING],
        '/foo/?a=b',
      );
      equal('method, script, path, query', came, ['GET', bench.mount, '/foo/', 'a=b']);
      matches('SERVER_NAME', await fact(bench, (e) => e.SERVER_NAME), /^[^:]+$|^\[.+\]$/);
      matches('SERVER_PORT', await fact(bench, (e) => e.SERVER_PORT), /^[0-9]+$/);
    },
  },
  {
    id: 'T-4',
    title: 'QUERY_STRING is an empty string without a question mark',
    async run(bench) {
      equal('QUERY_STRING', await fact(bench, query, '/p'), '');
    },
  },
  {
    id: 'T-5',
    title: 'QUERY_STRING is an empty string after a bare question mark',
    async run(bench) {
      equal('QUERY_STRING', await fact(bench, query, '/p?'), '');
    },
  },
  {
    id: 'T-6',
    title: 'only the first question mark separates',
    run: (bench) => queryArrives(bench, 'a=1?b=2'),
  },
  {
    id: 'T-7',
    title: 'QUERY_STRING keeps bytes, order and repeats',
    run: (bench) => queryArrives(bench, 'q=%20+%2B&flag&x=1&x=2'),
  },
  {
    id: 'T-8',
    title: 'PATH_INFO is percent-decoded',
    async run(bench) {
      equal('PATH_INFO', await fact(bench, path, '/foo/bar%2cbaz'), '/foo/bar,baz');
    },
  },
  {
    id: 'T-9',
    title: 'PATH_INFO is percent-decoded once, not twice',
    async run(bench) {
      equal('PATH_INFO', await fact(bench, path, '/foo/bar%252cbaz'), '/foo/bar%2cbaz');
    },
  },
  {
    id: 'T-10',
    title: 'a UTF-8 path arrives as its bytes',
    async run(bench) {
      const came = String(await fact(bench, path, '/foo%E3%81%82'));
      equal('PATH_INFO', codes(came), codes('/foo\xe3\x81\x82'));
    },
  },
  {
    id: 'T-11',
    title: 'a path that is not UTF-8 arrives as its bytes',
    without: ['utf8-path-only'],
    async run(bench) {
      const came = codes(String(await fact(bench, path, '/%E9%80%FF')));
      if (bench.lacks('utf8-path')) {
        ok(
          'every code point of PATH_INFO is a byte',
          came.every((c) => c <= 0xff),
          came,
        );
      } else {
        equal('PATH_INFO', came, [0x2f, 0xe9, 0x80, 0xff]);
      }
    },
  },
  {
    id: 'T-12',
    title: 'malformed percent-escapes are left alone, or refused',
    async run(bench) {
      const client = await bench.serve(say(path));
      const response = await client.send('/%zz%4');
      if (response.status !== 400) expectResponse(response, 200, '/%zz%4');
    },
  },
  {
    id: 'T-13',
    title: 'repeated slashes stay',
    without: ['normalized-path'],
    async run(bench) {
      const expected = bench.lacks('one-leading-slash') ? '/foo///bar/baz' : '//foo///bar/baz';
      equal('PATH_INFO', await fact(bench, path, '//foo///bar/baz'), expected);
    },
  },
  {
    id: 'T-14',
    title: 'dot segments stay',
    without: ['normalized-path'],
    async run(bench) {
      equal('PATH_INFO', await fact(bench, path, '/a/../b/./c'), '/a/../b/./c');
    },
  },
  {
    id: 'T-15',
    title: 'REQUEST_URI keeps the target undecoded',
    async run(bench) {
      const target = bench.lacks('decoded-path') ? '/a/b?x=a%20z' : '/a%2Fb?x=a%20z';
      const came = await fact(bench, (environ) => environ.REQUEST_URI, '/a%2Fb?x=a%20z');
      equal('REQUEST_URI', came, bench.mount + target);
    },
  },
  {
    id: 'T-16',
    title: 'path parameters stay in PATH_INFO',
    async run(bench) {
      equal('PATH_INFO', await fact(bench, path, '/a;v=1,2'), '/a;v=1,2');
    },
  },
  {
    id: 'T-17',
    title: 'a mount prefix ends at a segment boundary',
    async run(bench) {
      const application = say((e) => `${e.SCRIPT_NAME}|${e.PATH_INFO}`);
      const client = await bench.serve(application, '/api');
      const at = bench.mount;
      expectResponse(await client.send('/api/x'), 200, `${at}/api|/x`);
      expectResponse(await client.send('/api'), 200, `${at}/api|`);
      const beside = await client.send('/apixyz');
      if (beside.status !== 404) expectResponse(beside, 200, `${at}|/apixyz`);
    },
  },
  {
    id: 'T-18',
    title: 'OPTIONS * does not crash',
    without: ['origin-form-only'],
    async run(bench) {
      const application = say((e) => `${e.REQUEST_METHOD} ${e.PATH_INFO}`);
      const client = await bench.serve(application);
      const response = await client.send({ method: 'OPTIONS', target: '*' });
      equal('status', response.status, 200);
      matches('method and path', bodyText(response), /^OPTIONS \*?$/);
    },
  },
  {
    id: 'T-19',
    title: 'an absolute-form target overrides Host and leaves the path',
    without: ['origin-form-only'],
    async run(bench) {
      const came = await fact(bench, (e) => [e.PATH_INFO, e.QUERY_STRING, e.HTTP_HOST], {
        target: 'http://h.example:8080/abs?x=1',
        host: 'other.example',
      });
      equal('path, query, host', came, ['/abs', 'x=1', 'h.example:8080']);
    },
  },
  {
    id: 'T-20',
    title: 'methods beyond the usual ones',
    async run(bench) {
      for (const method of ['PROPFIND', 'M-SEARCH', 'DELETE', 'PATCH']) {
        equal('REQUEST_METHOD', await fact(bench, (e) => e.REQUEST_METHOD, { method }), method);
      }
    },
  },
  {
    id: 'T-21',
    title: 'a request header becomes HTTP_…',
    async run(bench) {
      const came = await fact(bench, (e) => e.HTTP_FOO, { headers: [['Foo', 'Bar']] });
      equal('HTTP_FOO', came, 'Bar');
    },
  },
  {
    id: 'T-22',
    title: 'an empty header is there and empty',
    async run(bench) {
      const came = await fact(bench, (e) => [Object.hasOwn(e, 'HTTP_X_EMPTY'), e.HTTP_X_EMPTY], {
        headers: [['X-Empty', '']],
      });
      equal('HTTP_X_EMPTY', came, [true, '']);
    },
  },
  {
    id: 'T-23',
    title: 'a variable without a value is left out',
    async run(bench) {
      const came = await fact(bench, (e) => {
        const found = has('HTTP_COOKIE', 'HTTP_AUTHORIZATION', 'REMOTE_USER', 'CONTENT_TYPE')(e);
        return e.CONTENT_LENGTH === undefined || e.CONTENT_LENGTH === '0'
          ? found
          : [...found, 'CONTENT_LENGTH'];
      });
      equal('variables set by a bare GET', came, []);
    },
  },
  {
    id: 'T-24',
    title: 'Cookie becomes HTTP_COOKIE and nothing else',
    async run(bench) {
      const came = await fact(bench, (e) => [e.HTTP_COOKIE, Object.hasOwn(e, 'COOKIE')], {
        headers: [['Cookie', 'foo=bar']],
      });
      equal('HTTP_COOKIE, has COOKIE', came, ['foo=bar', false]);
    },
  },
  {
    id: 'T-25',
    title: 'Cookie lines are joined by a semicolon and a space',
    async run(bench) {
      const headers = [
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
      ] as const;
      const came = await fact(bench, (e) => e.HTTP_COOKIE, { headers });
      // Where one value a header arrives, the front may have joined the cookies before.
      const pattern = bench.lacks('last-header-value') ? /^(a=1; )?b=2$/ : /^a=1; b=2$/;
      matches('HTTP_COOKIE', came, pattern);
    },
  },
  {
    id: 'T-26',
    title: 'a repeated header is joined by commas, in order',
    async run(bench) {
      const headers = [
        ['Foo', 'bar'],
        ['Foo', 'baz'],
      ] as const;
      const came = await fact(bench, (e) => e.HTTP_FOO, { headers });
      matches('HTTP_FOO', came, bench.lacks('last-header-value') ? /^baz$/ : /^bar, ?baz$/);
    },
  },
  {
    id: 'T-27',
    title: 'Authorization reaches the application, and only from its own request',
    without: ['no-authorization'],
    async run(bench) {
      const client = await bench.serve(say((e) => e.HTTP_AUTHORIZATION ?? 'no_auth'));
      const headers = [['Authorization', 'Basic XXXX']] as const;
      expectResponse(await client.send({ headers }), 200, 'Basic XXXX');
      expectResponse(await client.send(), 200, 'no_auth');
    },
  },
  {
    id: 'T-28',
    title: 'long header values',
    async run(bench) {
      for (const length of [128, 7000]) {
        const value = 'v'.repeat(length);
        const came = await fact(bench, (e) => e.HTTP_X_FOO, { headers: [['X-Foo', value]] });
        equal('HTTP_X_FOO', came, value);
      }
    },
  },
  {
    id: 'T-29',
    title: 'a header byte beyond ASCII is one code point',
    async run(bench) {
      const came = await fact(bench, (e) => codes(String(e.HTTP_X_FOO)), {
        headers: [['X-Foo', '\xe9']],
      });
      equal('code points', came, bench.lacks('text-request-headers') ? [0xc3, 0xa9] : [0xe9]);
    },
  },
  {
    id: 'T-30',
    title: 'a UTF-8 header value arrives as its bytes',
    async run(bench) {
      const came = await fact(bench, (e) => codes(String(e.HTTP_X_FOO)), {
        headers: [['X-Foo', '\xe4\xb8\xad']],
      });
      equal('code points', came, [0xe4, 0xb8, 0xad]);
    },
  },
  {
    id: 'T-31',
    title: 'a header with an underscore cannot stand in for one with a dash',
    async run(bench) {
      const came = await fact(bench, (e) => [e.HTTP_X_FORWARDED_FOR, e.REMOTE_ADDR ?? ''], {
        headers: [
          ['X-Forwarded-For', '192.0.2.1'],
          ['X_Forwarded_For', '192.0.2.66'],
        ],
      });
      const [forwarded, address] = came as [string, string];
      const pattern = bench.lacks('own-forwarded') ? /^(?!.*192\.0\.2\.66)/ : /^192\.0\.2\.1$/;
      matches('HTTP_X_FORWARDED_FOR', forwarded, pattern);
      matches('REMOTE_ADDR', address, /^(?!192\.0\.2\.)/);
    },
  },
  {
    id: 'T-32',
    title: 'Proxy does not become HTTP_PROXY (httpoxy)',
    async run(bench) {
      const headers = [['Proxy', 'http://evil.example']] as const;
      equal('keys', await fact(bench, has('HTTP_PROXY'), { headers }), []);
    },
  },
  {
    id: 'T-33',
    title: 'header names that objects inherit',
    async run(bench) {
      const application = say((e) =>
        JSON.stringify([
          e.HTTP_CONSTRUCTOR,
          e.HTTP_HASOWNPROPERTY,
          e.HTTP_TOSTRING,
          Object.keys(e).filter((key) => key.includes('PROTO__')),
          'polluted' in {},
        ]),
      );
      const client = await bench.serve(application);
      const response = await client.send({
        headers: [
          ['__proto__', 'polluted'],
          ['constructor', 'a'],
          ['hasOwnProperty', 'b'],
          ['toString', 'c'],
        ],
      });
      expectResponse(response, 200, JSON.stringify(['a', 'b', 'c', [], false]));
    },
  },
  {
    id: 'T-34',
    title: 'Content-Type and Content-Length have no HTTP_ twins',
    async run(bench) {
      const application = say((e) =>
        [e.CONTENT_TYPE, ...has('HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH')(e)].join(),
      );
      const client = await bench.serve(application);
      const headers = Object.entries(JSON_TYPES);
      const response = await client.send({ method: 'POST', headers, body: latin1('{}') });
      expectResponse(response, 200, 'application/json');
    },
  },
  {
    id: 'T-35',
    title: 'SERVER_PROTOCOL is the protocol of the request',
    async run(bench) {
      const fixed = bench.lacks('fixed-protocol');
      for (const protocol of ['HTTP/1.1', 'HTTP/1.0']) {
        const came = await fact(bench, (e) => e.SERVER_PROTOCOL, { protocol });
        if (fixed) matches('SERVER_PROTOCOL', came, /^HTTP\/[0-9](\.[0-9])?$/);
        else equal('SERVER_PROTOCOL', came, protocol);
      }
    },
  },
  {
    id: 'T-36',
    title: 'wsgi.url_scheme is that of the request, whatever the client writes',
    async run(bench) {
      const application = say((e) => e['wsgi.url_scheme']);
      const client = await bench.serve(application);
      const schemes = [
        ...(bench.lacks('https-only') ? [] : ['http' as const]),
        ...(bench.lacks('http-only') ? [] : ['https' as const]),
      ];
      for (const scheme of schemes) {
        const other = scheme === 'http' ? 'https' : 'http';
        expectResponse(await client.send({ scheme }), 200, scheme);
        const headers = [['X-Forwarded-Proto', other]] as const;
        expectResponse(await client.send({ scheme, headers }), 200, scheme);
      }
    },
  },
  {
    id: 'T-37',
    title: 'the URL can be rebuilt from Host',
    async run(bench) {
      const came = await fact(bench, requestUri, { target: '/a%20b?c=d', host: 'h.example:8080' });
      matches('URL', came, /^https?:\/\//);
      equal(
        'URL',
        String(came).replace(/^https?:/, ''),
        `//h.example:8080${bench.mount}/a%20b?c=d`,
      );
    },
  },
  {
    id: 'T-38',
    title: 'the URL can be rebuilt without Host',
    async run(bench) {
      const came = await fact(
        bench,
        (e) => [requestUri({ ...e, HTTP_HOST: undefined }), e.SERVER_NAME, e.SERVER_PORT],
        // Without Host only HTTP/1.0 is a valid request.
        bench.lacks('fixed-protocol') ? '/x' : { target: '/x', host: null, protocol: 'HTTP/1.0' },
      );
      const [uri, name, port] = came as [string, string, string];
      matches('URL', uri, /^https?:\/\/[^/:]+(:[0-9]+)?\//);
      matches('SERVER_NAME', name, /./);
      matches('SERVER_PORT', port, /^[0-9]+$/);
    },
  },
  {
    id: 'T-39',
    title: 'what one request does to its environ is invisible to the next',
    async run(bench) {
      const client = await bench.serve(
        say((environ) => {
          const seen = [environ['X'] ?? 'unset', environ.HTTP_FOO ?? 'missing'].join();
          environ['X'] = '1';
          delete environ.HTTP_FOO;
          return seen;
        }),
      );
      const headers = [['Foo', 'bar']] as const;
      expectResponse(await client.send({ headers }), 200, 'unset,bar');
      expectResponse(await client.send({ headers }), 200, 'unset,bar');
    },
  },
  {
    id: 'T-40',
    title: 'the environ is an ordinary dictionary with the seven wsgi keys',
    async run(bench) {
      const came = await fact(bench, (environ) => {
        const wrongOnes = Object.entries(Object.getOwnPropertyDescriptors(environ))
          .filter(
            ([, one]) => !('value' in one && one.writable && one.enumerable && one.configurable),
          )
          .map(([key]) => key);
        return {
          inherited: ['constructor', 'toString', '__proto__', 'hasOwnProperty'].filter(
            (name) => name in environ,
          ),
          extensible: Object.isExtensible(environ),
          'not plain data': wrongOnes,
          // The validator may leave a mark, which copies of the environ carry along, as the headers
          // that came do.
          symbols:
            bench.mode === 'bare'
              ? Object.getOwnPropertySymbols(environ).filter((key) => key !== RAW_HEADERS).length
              : 0,
          'wsgi.version': environ['wsgi.version'],
          types: [
            typeof environ['wsgi.url_scheme'],
            typeof environ['wsgi.input'].read,
            typeof environ['wsgi.input'].readline,
            typeof environ['wsgi.input'].readlines,
            typeof environ['wsgi.input'][Symbol.asyncIterator],
            typeof environ['wsgi.errors'].write,
            typeof environ['wsgi.errors'].writelines,
            typeof environ['wsgi.errors'].flush,
            typeof environ['wsgi.multithread'],
            typeof environ['wsgi.multiprocess'],
            typeof environ['wsgi.run_once'],
          ].join(' '),
        };
      });
      equal('environ', came, {
        inherited: [],
        extensible: true,
        'not plain data': [],
        symbols: 0,
        'wsgi.version': [1, 0],
        types:
          'string function function function function function function function boolean boolean boolean',
      });
    },
  },
  {
    id: 'T-41',
    title: 'hop-by-hop request headers are the server’s own',
    without: ['no-hop-headers'],
    async run(bench) {
      const keys = ['CONNECTION', 'TE', 'KEEP_ALIVE', 'PROXY_CONNECTION'];
      const of = has(...keys.map((key) => `HTTP_${key}`));
      const came = await fact(bench, of, {
        headers: [
          ['Connection', 'close'],
          ['TE', 'trailers'],
          ['Keep-Alive', 'timeout=5'],
          ['Proxy-Connection', 'close'],
        ],
      });
      equal('keys', came, []);
    },
  },
  {
    id: 'T-42',
    title: 'the flags about threads, processes and concurrency tell the documented truth',
    async run(bench) {
      const came = (await fact(bench, (e) => [
        e['wsgi.multithread'],
        e['wsgi.multiprocess'],
        e['wsgi.run_once'],
        e['gatecall.concurrent'],
      ])) as unknown[];
      const { multithread, multiprocess, runOnce, concurrent } = bench.subject;
      const names = [
        'wsgi.multithread',
        'wsgi.multiprocess',
        'wsgi.run_once',
        'gatecall.concurrent',
      ];
      for (const [i, documented] of [multithread, multiprocess, runOnce, concurrent].entries()) {
        const name = names[i] ?? '';
        if (documented !== undefined) equal(name, came[i], documented);
        else if (i < 3) equal(`type of ${name}`, typeof came[i], 'boolean');
      }
    },
  },
  {
    id: 'T-129',
    title: 'repeated and interleaved query names',
    run: (bench) => queryArrives(bench, 'a=1&b=2&a=3&a='),
  },
  {
    id: 'T-130',
    title: 'query names that objects inherit',
    async run(bench) {
      await queryArrives(bench, '__proto__=1&constructor=2&hasOwnProperty=3&toString=4');
      equal('Object.prototype', Object.keys(Object.prototype), []);
    },
  },
  {
    id: 'T-131',
    title: 'characters that end an escape or a pair keep their meaning',
    run: (bench) => queryArrives(bench, 'a%26b=c%3Dd&e=%25&f=%2B&g=%C3%A9&h==&i=1%3B2'),
  },
  {
    id: 'T-132',
    title: 'a path that looks like a host stays a path',
    without: ['normalized-path'],
    async run(bench) {
      const came = await fact(
        bench,
        (e) => [e.PATH_INFO, e.HTTP_HOST, requestUri(e).replace(/^https?:/, '')],
        '//evil.example/x',
      );
      const expected = bench.lacks('one-leading-slash') ? '/evil.example/x' : '//evil.example/x';
      equal('path, host, URL', came, [
        expected,
        'gatecall.example',
        `//gatecall.example${bench.mount}${expected}`,
      ]);
    },
  },
  {
    id: 'T-133',
    title: 'ten thousand headers are served or refused, and the next request works',
    heavy: true,
    without: ['no-header-budget'],
    async run(bench) {
      const client = await bench.serve(say((e) => String(e.HTTP_X_MANY ?? 'ok').slice(0, 3)));
      const many = Array.from({ length: 5000 }, (_, i): [string, string] => [`X-${i}`, '1']);
      const same = Array.from({ length: 5000 }, (): [string, string] => ['X-Many', 'v']);
      const { status } = await client.send({ headers: [...many, ...same] });
      ok('status is 200, 400, 413 or 431', [200, 400, 413, 431].includes(status), status);
      expectResponse(await client.send(), 200, 'ok');
    },
  },
  {
    id: 'T-134',
    title: 'every variable is a native string, every other key has a namespace',
    async run(bench) {
      const came = await fact(
        bench,
        (environ) =>
          Object.entries(environ).flatMap(([key, value]) => {
            if (key.includes('.')) {
              const tidy = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(key);
              return tidy ? [] : [`${key} is no lower-case dotted name`];
            }
            if (typeof value !== 'string') return [`${key} is a ${typeof value}`];
            return codes(value).some((c) => c > 0xff) ? [`${key} is beyond U+00FF`] : [];
          }),
        {
          method: 'POST',
          target: '/caf%C3%A9/%E4%B8%AD?q=%E4%B8%AD',
          headers: [
            ['X-Foo', '\xe4\xb8\xad'],
            ['Cookie', 'a=\xe4\xb8\xad'],
            ['Content-Type', 'text/plain; note=\xe4\xb8\xad'],
          ],
          body: latin1('x'),
        },
      );
      equal('keys that are wrong', came, []);
    },
  },
  {
    id: 'T-135',
    title: 'a replaced wsgi.errors or wsgi.input is the application’s own affair',
    async run(bench) {
      const client = await bench.serve((environ, startResponse) => {
        if (environ.PATH_INFO.endsWith('/ok')) return say(() => 'ok')(environ, startResponse);
        Reflect.set(environ, 'wsgi.errors', null);
        Reflect.set(environ, 'wsgi.input', 'nothing');
        Reflect.set(environ, 'PATH_INFO', 42);
        throw new Error('with its environ in pieces');
      });
      const response = await client.send({ method: 'POST', body: latin1('x') });
      equal('status', response.status, 500);
      await expectServing(client);
    },
  },
  {
    id: 'T-136',
    title: 'the case of a method is kept, or the method is refused',
    without: ['upper-case-methods'],
    async run(bench) {
      const client = await bench.serve(say((e) => e.REQUEST_METHOD));
      const response = await client.send({ method: 'pUrge' });
      if (response.status >= 400 && response.status < 500) return;
      expectResponse(response, 200, 'pUrge');
    },
  },
  {
    id: 'T-137',
    title: 'SCRIPT_NAME and PATH_INFO together are the decoded path',
    async run(bench) {
      for (const target of ['/', '/a', '/a/', '/a%20b/c%25d', '/%2e%2e/x', '/a+b', '/a%3Fb%23c']) {
        // HTTP APIs cut a path with an escaped question mark before the function sees it.
        if (target.includes('%3F') && bench.lacks('decoded-path')) continue;
        if (target.includes('%2e') && bench.lacks('normalized-path')) continue;
        const came = await fact(bench, (e) => e.SCRIPT_NAME + e.PATH_INFO, target);
        equal(`path of ${target}`, came, bench.mount + formDecode(target.replaceAll('+', '%2B')));
      }
    },
  },
  {
    id: 'T-138',
    title: 'Host is taken from the request that carries it',
    async run(bench) {
      const client = await bench.serve(say((e) => String(e.HTTP_HOST)));
      for (const host of ['a.example', 'b.example:8443', '[2001:db8::1]:8080']) {
        await within(host, async () => {
          const response = await client.send({ host });
          if (response.status >= 400 && response.status < 500) return;
          if (bodyText(response) !== host) wrong('HTTP_HOST', host, bodyText(response));
        });
      }
    },
  },
];
