/**
 * Requests as bytes, and what becomes of each: refused with a status, or accepted with this
 * environ. Frozen: a change is a decision. Plain JavaScript, because it runs from dist on other
 * versions of Node as well.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const lines = (...all) => `${all.join('\r\n')}\r\n\r\n`;
const request = (line, ...headers) => lines(line, 'Host: h', 'Connection: close', ...headers);
const HOST = { HTTP_HOST: 'h' };
const get = { REQUEST_METHOD: 'GET', PATH_INFO: '/', ...HOST };
const post = { REQUEST_METHOD: 'POST', PATH_INFO: '/', ...HOST };
const chunked = (...chunks) =>
  request('POST / HTTP/1.1', 'Transfer-Encoding: chunked') + chunks.join('\r\n');

/** [name, bytes, what comes of it]: a status, several where Node's versions differ, or environs. */
export const corpus = [
  // ── The request line ───────────────────────────────────────────────────────────────────────────
  ['GET', request('GET / HTTP/1.1'), [get]],
  ['HTTP/1.0 without Host', lines('GET / HTTP/1.0'), [{ SERVER_PROTOCOL: 'HTTP/1.0' }]],
  ['a blank line in front', `\r\n${request('GET / HTTP/1.1')}`, [get]],
  [
    'a query',
    request('GET /a?b=c&d HTTP/1.1'),
    [{ ...get, PATH_INFO: '/a', QUERY_STRING: 'b=c&d' }],
  ],
  [
    'a query with marks',
    request('GET /a??b=?c HTTP/1.1'),
    [{ PATH_INFO: '/a', QUERY_STRING: '?b=?c' }],
  ],
  ['an encoded path', request('GET /%E9%2F%25 HTTP/1.1'), [{ PATH_INFO: '/\u00e9/%' }]],
  ['a path of slashes', request('GET //a//b HTTP/1.1'), [{ PATH_INFO: '//a//b' }]],
  ['dot segments', request('GET /a/../b/. HTTP/1.1'), [{ PATH_INFO: '/a/../b/.' }]],
  ['a malformed escape', request('GET /%zz%4 HTTP/1.1'), [{ PATH_INFO: '/%zz%4' }]],
  [
    'absolute form',
    request('GET http://o:81/a?b HTTP/1.1'),
    [
      {
        PATH_INFO: '/a',
        QUERY_STRING: 'b',
        HTTP_HOST: 'o:81',
        SERVER_NAME: 'o',
        SERVER_PORT: '81',
      },
    ],
  ],
  [
    'absolute form without a path',
    request('GET http://o HTTP/1.1'),
    [{ PATH_INFO: '/', HTTP_HOST: 'o' }],
  ],
  ['OPTIONS *', request('OPTIONS * HTTP/1.1'), [{ REQUEST_METHOD: 'OPTIONS', PATH_INFO: '*' }]],
  ['a method of WebDAV', request('PROPFIND / HTTP/1.1'), [{ REQUEST_METHOD: 'PROPFIND' }]],
  ['GET *', request('GET * HTTP/1.1'), 400],
  ['* with more', request('OPTIONS *a HTTP/1.1'), 400],
  ['a target without a slash', request('GET a HTTP/1.1'), 400],
  ['another scheme', request('GET ftp://o/a HTTP/1.1'), 400],
  ['a scheme without an authority', request('GET javascript:alert(1) HTTP/1.1'), 400],
  ['user information in the target', request('GET http://u@o/ HTTP/1.1'), 400],
  ['no target', request('GET  HTTP/1.1'), 400],
  ['two spaces', request('GET  / HTTP/1.1'), [get]],
  ['a space in the target', request('GET /a b HTTP/1.1'), 400],
  ['a tab in the target', request('GET /a\tb HTTP/1.1'), 400],
  ['a NUL in the target', request('GET /a\0b HTTP/1.1'), 400],
  ['no version, which is HTTP/0.9', lines('GET /', 'Host: h'), 505],
  ['HTTP/0.9', request('GET / HTTP/0.9'), 505],
  ['HTTP/1.2', request('GET / HTTP/1.2'), 400],
  ['HTTP/2.0', request('GET / HTTP/2.0'), 505],
  ['HTTP/2.0 without Host', lines('GET / HTTP/2.0'), 505],
  ['HTTP/9.9', request('GET / HTTP/9.9'), 400],
  ['a version of two digits', request('GET / HTTP/1.10'), 400],
  ['another protocol', request('GET / HTCPCP/1.1'), 400],
  ['a protocol in lower case', request('GET / http/1.1'), 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a method in lower case', request('get / HTTP/1.1'), 400],
  ['an unknown method', request('BREW / HTTP/1.1'), 400],
  ['a method with a colon', request('GET: / HTTP/1.1'), 400],
  ['no method', request(' / HTTP/1.1'), 400],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['noise', '\xff\xfe\x00\x01\r\n\r\n', 400],
  // ── Headers ────────────────────────────────────────────────────────────────────────────────────
  ['spaces around a value', request('GET / HTTP/1.1', 'X-A: \t b \t'), [{ HTTP_X_A: 'b' }]],
  ['an empty value', request('GET / HTTP/1.1', 'X-A:'), [{ HTTP_X_A: '' }]],
  ['bytes above 127', request('GET / HTTP/1.1', 'X-A: \xe9'), [{ HTTP_X_A: '\u00e9' }]],
  ['a header twice', request('GET / HTTP/1.1', 'X-A: 1', 'x-a: 2'), [{ HTTP_X_A: '1,2' }]],
  [
    'cookies twice',
    request('GET / HTTP/1.1', 'Cookie: a=1', 'Cookie: b=2'),
    [{ HTTP_COOKIE: 'a=1; b=2' }],
  ],
  [
    'an underscore, which would pass for a dash',
    request('GET / HTTP/1.1', 'X_A: 1'),
    [{ HTTP_X_A: undefined }],
  ],
  [
    'Proxy, which would pass for HTTP_PROXY',
    request('GET / HTTP/1.1', 'Proxy: x'),
    [{ HTTP_PROXY: undefined }],
  ],
  ['a name of all token characters', request('GET / HTTP/1.1', "X!#$%&'*+-.^`|~9: 1"), [{}]],
  ['no Host', lines('GET / HTTP/1.1', 'Connection: close'), 400],
  ['an empty Host', lines('GET / HTTP/1.1', 'Host:', 'Connection: close'), [{ HTTP_HOST: '' }]],
  [
    'a Host of IPv6',
    lines('GET / HTTP/1.1', 'Host: [::1]:81', 'Connection: close'),
    [{ SERVER_NAME: '[::1]', SERVER_PORT: '81' }],
  ],
  ['two Hosts', request('GET / HTTP/1.1', 'Host: h'), 400],
  ['a Host with a path', lines('GET / HTTP/1.1', 'Host: h/p'), 400],
  ['a Host with user information', lines('GET / HTTP/1.1', 'Host: good@evil'), 400],
  ['a Host with a space', lines('GET / HTTP/1.1', 'Host: a b'), 400],
  ['a Host with markup', lines('GET / HTTP/1.1', 'Host: <b>'), 400],
  ['a Host with a port that is no number', lines('GET / HTTP/1.1', 'Host: h:80a'), 400],
  ['a line without a colon', request('GET / HTTP/1.1', 'nonsense'), 400],
  ['no name', request('GET / HTTP/1.1', ': x'), 400],
  ['a space in a name', request('GET / HTTP/1.1', 'X A: 1'), 400],
  ['a space before the colon', request('GET / HTTP/1.1', 'X-A : 1'), 400],
  ['a parenthesis in a name', request('GET / HTTP/1.1', 'X(A): 1'), 400],
  ['a byte above 127 in a name', request('GET / HTTP/1.1', 'X\xe9: 1'), 400],
  ['a NUL in a value', request('GET / HTTP/1.1', 'X-A: a\0b'), 400],
  ['a control in a value', request('GET / HTTP/1.1', 'X-A: a\x01b'), 400],
  ['a bare CR in a value', request('GET / HTTP/1.1', 'X-A: a\rb'), 400],
  ['a bare LF between lines', 'GET / HTTP/1.1\nHost: h\n\n', 400],
  ['a folded line', request('GET / HTTP/1.1', 'X-A: 1', ' 2'), 400],
  ['a space before the first header', 'GET / HTTP/1.1\r\n Host: h\r\n\r\n', 400],
  ['too large a header', request('GET / HTTP/1.1', `X-A: ${'a'.repeat(17_000)}`), 431],
  ['too long a target', request(`GET /${'a'.repeat(17_000)} HTTP/1.1`), 431],
  ['two Content-Types', request('GET / HTTP/1.1', 'Content-Type: a/b', 'Content-Type: c/d'), 400],
  ['two Authorizations', request('GET / HTTP/1.1', 'Authorization: a', 'Authorization: b'), 400],
  // ── Bodies ─────────────────────────────────────────────────────────────────────────────────────
  [
    'a body',
    `${request('POST / HTTP/1.1', 'Content-Length: 3')}abc`,
    [{ ...post, CONTENT_LENGTH: '3', body: 'abc' }],
  ],
  [
    'an empty body',
    request('POST / HTTP/1.1', 'Content-Length: 0'),
    [{ ...post, CONTENT_LENGTH: '0', body: '' }],
  ],
  ['no body', request('POST / HTTP/1.1'), [{ ...post, CONTENT_LENGTH: undefined, body: '' }]],
  [
    'a body of GET',
    `${request('GET / HTTP/1.1', 'Content-Length: 3')}abc`,
    [{ ...get, body: 'abc' }],
  ],
  [
    'a length with zeros in front',
    `${request('POST / HTTP/1.1', 'Content-Length: 003')}abc`,
    [{ CONTENT_LENGTH: '3', body: 'abc' }],
  ],
  [
    'chunks',
    chunked('3', 'abc', 'A', '0123456789', '0', '', ''),
    [
      {
        ...post,
        CONTENT_LENGTH: undefined,
        HTTP_TRANSFER_ENCODING: undefined,
        body: 'abc0123456789',
      },
    ],
  ],
  ['no chunk', chunked('0', '', ''), [{ body: '' }]],
  ['chunks with zeros in front', chunked('0003', 'abc', '000', '', ''), [{ body: 'abc' }]],
  ['chunks with an extension', chunked('3;a=b;c="d"', 'abc', '0', '', ''), [{ body: 'abc' }]],
  [
    'chunks with a trailer',
    chunked('3', 'abc', '0', 'X-T: 1', '', ''),
    [{ body: 'abc', HTTP_X_T: undefined }],
  ],
  [
    'a coding in upper case',
    request('POST / HTTP/1.1', 'Transfer-Encoding: CHUNKED') + '0\r\n\r\n',
    [{ body: '' }],
  ],
  ['a length of text', request('POST / HTTP/1.1', 'Content-Length: abc'), 400],
  ['a negative length', request('POST / HTTP/1.1', 'Content-Length: -1'), 400],
  ['a length with a sign', request('POST / HTTP/1.1', 'Content-Length: +3') + 'abc', 400],
  ['a length in hexadecimal', request('POST / HTTP/1.1', 'Content-Length: 0x3') + 'abc', 400],
  ['a length with a point', request('POST / HTTP/1.1', 'Content-Length: 3.0') + 'abc', 400],
  ['a length with an underscore', request('POST / HTTP/1.1', 'Content-Length: 1_0'), 400],
  ['a list of lengths', request('POST / HTTP/1.1', 'Content-Length: 3, 3') + 'abc', 400],
  [
    'two lengths',
    request('POST / HTTP/1.1', 'Content-Length: 3', 'Content-Length: 3') + 'abc',
    400,
  ],
  ['an empty length', request('POST / HTTP/1.1', 'Content-Length:') + 'abc', 400],
  [
    'a length beyond 64 bits',
    request('POST / HTTP/1.1', 'Content-Length: 99999999999999999999'),
    400,
  ],
  [
    'a length and chunks',
    request('POST / HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
    400,
  ],
  [
    'chunks and a length',
    request('POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Content-Length: 5') + '0\r\n\r\n',
    400,
  ],
  [
    'chunks under HTTP/1.0',
    request('POST / HTTP/1.0', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
    400,
  ],
  [
    'a coding that only looks like chunked',
    request('POST / HTTP/1.1', 'Transfer-Encoding: xchunked') + '0\r\n\r\n',
    400,
  ],
  [
    'chunked twice',
    request('POST / HTTP/1.1', 'Transfer-Encoding: chunked, chunked') + '0\r\n\r\n',
    [400, 501],
  ],
  [
    'chunked that is not last',
    request('POST / HTTP/1.1', 'Transfer-Encoding: chunked, gzip') + '0\r\n\r\n',
    400,
  ],
  [
    'another coding under it',
    request('POST / HTTP/1.1', 'Transfer-Encoding: gzip, chunked') + '0\r\n\r\n',
    501,
  ],
  ['identity', request('POST / HTTP/1.1', 'Transfer-Encoding: identity') + 'abc', [400, 501]],
  [
    'a coding in quotes',
    request('POST / HTTP/1.1', 'Transfer-Encoding: "chunked"') + '0\r\n\r\n',
    [400, 501],
  ],
  [
    'two codings',
    request('POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') +
      '0\r\n\r\n',
    400,
  ],
  [
    'a coding behind a vertical tab',
    request('POST / HTTP/1.1', 'Transfer-Encoding: \x0bchunked') + '0\r\n\r\n',
    400,
  ],
  ['a chunk size of text', chunked('zz', 'abc', '0', '', ''), 400],
  ['a negative chunk size', chunked('-3', 'abc', '0', '', ''), 400],
  ['a chunk size with a prefix', chunked('0x3', 'abc', '0', '', ''), 400],
  ['a chunk size with a space', chunked('3 ', 'abc', '0', '', ''), 400],
  ['a chunk size beyond 64 bits', chunked('fffffffffffffffff', 'abc'), 400],
  ['a chunk longer than its size', chunked('3', 'abcd', '0', '', ''), 400],
  [
    'a chunk size that ends with LF',
    request('POST / HTTP/1.1', 'Transfer-Encoding: chunked') + '3\nabc\r\n0\r\n\r\n',
    400,
  ],
  // ── Expectations and pipelines ─────────────────────────────────────────────────────────────────
  ['another expectation', request('GET / HTTP/1.1', 'Expect: cake'), 417],
  [
    'two requests',
    lines('GET /a HTTP/1.1', 'Host: h') + request('GET /b HTTP/1.1'),
    [{ PATH_INFO: '/a' }, { PATH_INFO: '/b' }],
  ],
  [
    'two with a body',
    lines('POST /a HTTP/1.1', 'Host: h', 'Content-Length: 3') + 'abc' + request('GET /b HTTP/1.1'),
    [
      { PATH_INFO: '/a', body: 'abc' },
      { PATH_INFO: '/b', body: '' },
    ],
  ],
  [
    'noise behind a request',
    lines('GET /a HTTP/1.1', 'Host: h') + '\xff\xfe\r\n\r\n',
    [{ PATH_INFO: '/a' }],
  ],
  [
    'a refused request behind another',
    lines('GET /a HTTP/1.1', 'Host: h') + lines('GET /b HTTP/1.1'),
    [{ PATH_INFO: '/a' }, 400],
  ],
  ['a request behind a refused one', lines('GET /a HTTP/1.1') + request('GET /b HTTP/1.1'), 400],
].map(([name, bytes, expected]) => ({ name, bytes: Buffer.from(bytes, 'latin1'), expected }));

/** Answers with what of the environ is JSON, and the body. Waits a little, as applications do. */
export async function echo(environ, startResponse) {
  const blocks = [];
  for (;;) {
    const block = await environ['wsgi.input'].read(65_536);
    if (block.length === 0) break;
    blocks.push(block);
  }
  const body = Buffer.concat(blocks);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const texts = Object.entries(environ).filter(([, value]) => typeof value === 'string');
  const answer = { ...Object.fromEntries(texts), body: body.toString('latin1') };
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [Buffer.from(JSON.stringify(answer))];
}

/**
 * All that comes back on a connection, until the server closes it or 2 s are over.
 *
 * @param endAfter ms after which the client has no more to say
 */
export async function answersTo(port, pieces, endAfter = undefined) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  const blocks = [];
  socket.on('data', (block) => blocks.push(block));
  const closed = new Promise((resolve) => socket.on('close', () => resolve(true)));
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (endAfter !== undefined) setTimeout(() => socket.end(), endAfter);
  const late = new Promise((resolve) => setTimeout(resolve, 2000, false).unref());
  const ended = await Promise.race([closed, late]);
  socket.destroy();
  return { ended, answers: parse(Buffer.concat(blocks).toString('latin1')) };
}

function parse(text) {
  const answers = [];
  let rest = text;
  while (rest !== '') {
    const head = /^HTTP\/1\.1 ([0-9]{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
    if (!head) return [...answers, `no answer: ${rest}`];
    const length = Number(/^content-length: ([0-9]+)\r$/im.exec(head[0])?.[1] ?? 0);
    const body = rest.slice(head[0].length, head[0].length + length);
    const json = Buffer.from(body, 'latin1').toString();
    // An interim answer is none.
    if (head[1] !== '100') answers.push(head[1] === '200' ? JSON.parse(json) : Number(head[1]));
    rest = rest.slice(head[0].length + length);
  }
  return answers;
}

/** What differs from the table: nothing, if all is well. */
export async function differences(serve, split = (bytes) => [bytes]) {
  const server = await serve(echo, { port: 0, signals: false, stopTimeout: 0, log: () => {} });
  const found = [];
  const check = async ({ name, bytes, expected }) => {
    const { ended, answers } = await answersTo(server.port, split(bytes));
    const wanted =
      Array.isArray(expected) && typeof expected[0] === 'object' ? expected : [expected];
    const fits =
      ended &&
      answers.length === wanted.length &&
      wanted.every((one, at) => matches(answers[at], one));
    if (!fits) found.push({ name, ended, answers, expected });
  };
  try {
    for (let at = 0; at < corpus.length; at += 20) {
      await Promise.all(corpus.slice(at, at + 20).map(check));
    }
  } finally {
    await server.close();
  }
  return found;
}

function matches(answer, expected) {
  if (typeof expected === 'number') return answer === expected;
  if (Array.isArray(expected)) return expected.includes(answer);
  return (
    typeof answer === 'object' &&
    Object.entries(expected).every(([key, value]) => answer[key] === value)
  );
}
