/**
 * Every middleware, on headers, paths and forms of 256 KB: the time grows with the length alone.
 */
import { it } from 'vitest';
import { percentDecode } from '../../src/base/native.ts';
import { text } from '../../src/core/response/answers.ts';
import { bufferedInput } from '../../src/core/request/input.ts';
import {
  basicAuth,
  compress,
  conditionalGet,
  cors,
  errorPage,
  httpsOnly,
  methodOverride,
  mount,
  proxyFix,
  requestId,
  safeEqual,
  staticFiles,
  trustedHosts,
} from '../../src/middleware.ts';
import type { Application, Environ, ResponseBody } from '../../src/types.ts';
import { expectLinear, expectLinearText } from '../growth.ts';
import { environOf } from '../middleware/support.ts';

const fine = text('fine', { headers: [['ETag', '"a"']] });
const failing: Application = () => {
  throw new Error('on purpose');
};
const hops = { for: 1, proto: 1, host: 1, port: 1, prefix: 1 };

type Row = [
  name: string,
  key: string,
  wrapped: Application,
  beginnings?: string[],
  more?: Partial<Environ>,
];

const rows: Row[] = [
  [
    'basicAuth',
    'HTTP_AUTHORIZATION',
    basicAuth(fine, { verify: () => false }),
    ['', 'Basic ', 'Basic a'],
  ],
  ['compress', 'HTTP_ACCEPT_ENCODING', compress(fine, { threshold: 1 })],
  ['conditionalGet', 'HTTP_IF_NONE_MATCH', conditionalGet(fine), ['', '"']],
  ['cors, origin', 'HTTP_ORIGIN', cors(fine, { origins: ['https://example.com'] })],
  [
    'cors, preflight',
    'HTTP_ACCESS_CONTROL_REQUEST_HEADERS',
    cors(fine),
    [''],
    { REQUEST_METHOD: 'OPTIONS', HTTP_ORIGIN: 'x', HTTP_ACCESS_CONTROL_REQUEST_METHOD: 'PUT' },
  ],
  ['errorPage', 'HTTP_ACCEPT', errorPage(failing)],
  ['httpsOnly', 'HTTP_HOST', httpsOnly(fine), ['', 'a.', '[']],
  [
    'methodOverride',
    'HTTP_X_HTTP_METHOD_OVERRIDE',
    methodOverride(fine),
    [''],
    { REQUEST_METHOD: 'POST' },
  ],
  ['mount', 'PATH_INFO', mount({ '/a': fine, '/a/b': fine }), ['/', '/a/', '/a/b']],
  ['mount, host', 'HTTP_HOST', mount({ '//a.example/': fine })],
  ['proxyFix, for', 'HTTP_X_FORWARDED_FOR', proxyFix(fine, hops), ['', '[', '::', '1.']],
  ['proxyFix, host', 'HTTP_X_FORWARDED_HOST', proxyFix(fine, hops), ['', 'a.']],
  ['proxyFix, port', 'HTTP_X_FORWARDED_PORT', proxyFix(fine, hops), ['', '1']],
  ['proxyFix, prefix', 'HTTP_X_FORWARDED_PREFIX', proxyFix(fine, hops), ['', '/', '/a/']],
  [
    'proxyFix, Forwarded',
    'HTTP_FORWARDED',
    proxyFix(fine, { forwarded: 1 }),
    ['', 'for="', 'for=a;'],
  ],
  ['requestId', 'HTTP_X_REQUEST_ID', requestId(fine)],
  ['trustedHosts', 'HTTP_HOST', trustedHosts(fine, { hosts: ['.example.com'] }), ['', 'a.']],
];
const files = staticFiles({ root: import.meta.dirname, extensions: ['ts'] });
rows.push(
  ['staticFiles, path', 'PATH_INFO', files, ['/', '/a']],
  ['staticFiles, range', 'HTTP_RANGE', files, ['', 'bytes='], { PATH_INFO: '/layers.ts' }],
  ['staticFiles, tags', 'HTTP_IF_MATCH', files, ['', '"'], { PATH_INFO: '/layers.ts' }],
);

const start = (): (() => void) => () => {};

async function call(application: Application, environ: Environ): Promise<void> {
  const body: ResponseBody = await application(environ, start);
  await body.close?.();
}

it.each(rows)(
  '%s',
  async (_name, key, wrapped, beginnings = [''], more = {}) => {
    await expectLinearText((value) => {
      const environ = Object.assign(environOf(), { REQUEST_URI: '/', ...more });
      environ[key] = key === 'PATH_INFO' ? percentDecode(value) : value;
      return call(wrapped, environ);
    }, beginnings);
  },
  120_000,
);

it('methodOverride, form', async () => {
  const wrapped = methodOverride(fine);
  await expectLinearText((form) => {
    const body = Buffer.from(form, 'latin1');
    return call(wrapped, {
      ...environOf({ method: 'POST' }),
      CONTENT_TYPE: 'application/x-www-form-urlencoded',
      CONTENT_LENGTH: String(body.length),
      'wsgi.input': bufferedInput(body),
    });
  });
}, 120_000);

it('safeEqual', () => {
  expectLinear((size) => void safeEqual('a'.repeat(size), 'secret'), 20_000);
  expectLinear((size) => void safeEqual('secret', 'a'.repeat(size)), 20_000);
});
