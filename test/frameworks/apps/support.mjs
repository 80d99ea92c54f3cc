/** What the applications and their requests share. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export const require = createRequire(import.meta.url);
export const publicFolder = fileURLToPath(new URL('../public', import.meta.url));

export const get = (target, headers = {}, method = 'GET') => ({
  method,
  target,
  headers: Object.entries(headers),
});

export const send = (method, target, type, body, headers = {}) => ({
  method,
  target,
  headers: Object.entries({ 'Content-Type': type, ...headers }),
  body,
});

export const post = (target, type, body, headers) => send('POST', target, type, body, headers);

const BOUNDARY = 'limit7';

/** A form with a field and two files, one of them binary. */
export const upload = (target) =>
  post(
    target,
    `multipart/form-data; boundary=${BOUNDARY}`,
    Buffer.concat([
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nNäme\r\n` +
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n` +
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="b.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`,
      ),
      Buffer.from(Array.from({ length: 2000 }, (_, index) => index % 256)),
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]),
  );

export const json = (value) => JSON.stringify(value);

/**
 * Requests that every application with the usual routes answers; see `routes` in the applications.
 */
export const usual = [
  get('/'),
  get('/', {}, 'HEAD'),
  get('/json?a=1&b=two'),
  get('/items/a%2Fb%20c'),
  get('/nowhere'),
  get('/cookies', { Cookie: 'a=1; b=2' }),
  get('/redirect'),
  get('/empty'),
  get('/stream'),
  get('/binary'),
  get('/error'),
  post('/echo', 'application/json', json({ hello: 'wörld', list: [1, 2, 3] })),
  post('/echo', 'application/json', '{"broken":'),
  post('/echo', 'application/json', undefined, { 'Content-Length': '0' }),
];
