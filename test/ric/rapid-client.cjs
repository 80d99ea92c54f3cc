// Stands in for the native module of aws-lambda-ric 4, which asks for events and returns buffered
// results. Streamed responses and failed starts never pass through here: the client sends them
// itself, by node:http.
'use strict';
const http = require('node:http');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true });
/** Answers on their way. */
const pending = new Set();

function send(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const url = { host, port, path: `/2018-06-01/runtime/invocation/${path}` };
    const request = http.request({ ...url, method, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ response, text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    // As bytes: a text Node would join with the headers, and send those as UTF-8, too.
    request.end(body === undefined ? undefined : Buffer.from(body));
  });
}

function post(path, body, headers = {}) {
  const length = Buffer.byteLength(body);
  const type = { 'content-type': 'application/json', 'content-length': length };
  // What the other side thinks of an answer interests nobody; if it is gone, the next `next` tells.
  const sent = send('POST', path, { ...type, ...headers }, body).catch(() => {});
  pending.add(sent);
  void sent.then(() => pending.delete(sent));
}

// The native calls below block until they are answered. Here, the next question waits for that.
exports.next = async () => {
  await Promise.all(pending);
  const { response, text } = await send('GET', 'next', { accept: '*/*' });
  if (response.statusCode !== 200) throw new Error(`no next event: ${response.statusCode} ${text}`);
  return { bodyJson: text, headers: response.headers };
};

exports.done = (id, json) => post(`${id}/response`, json);

exports.error = (id, json, xray) => {
  // UTF-8 in a header, as the native module sends it; Node takes a header byte by byte from a
  // string.
  const cause = Buffer.from(xray).toString('latin1');
  post(`${id}/error`, json, { 'lambda-runtime-function-xray-error-cause': cause });
};
