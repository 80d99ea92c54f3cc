/**
 * In which async context listeners and callbacks of a response run: behind node:http, and behind
 * the bridge. Plain JavaScript, because it runs from dist on other versions of Node as well.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import http from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const store = new AsyncLocalStorage();
const LARGE = Buffer.alloc(200_000);

/** What a listener does once its own listeners are there. */
const programs = {
  'end at once': (_q, r) => r.end('x'),
  'end without a body': (_q, r) => r.end(),
  'end, called back': (_q, r, note) => r.end('x', note('end callback')),
  'end in another context': (_q, r) => store.run('inner', () => r.end('x')),
  'end after a promise': async (_q, r) => {
    await Promise.resolve();
    r.end('x');
  },
  'end after a timer': (_q, r) => void setTimeout(() => r.end('x'), 2),
  'write and end at once': (_q, r, note) => {
    r.write('a', note('write callback'));
    r.end('b', note('end callback'));
  },
  'write, end after a timer': (_q, r, note) => {
    r.write('a', note('write callback'));
    setTimeout(() => r.end('b', note('end callback')), 5);
  },
  'write, end in another context': (_q, r) => {
    r.write('a');
    setTimeout(() => store.run('inner', () => r.end('b')), 5);
  },
  'flushHeaders, end after a timer': (_q, r) => {
    r.flushHeaders();
    setTimeout(() => r.end('b'), 5);
  },
  'wait for drain': (_q, r, note) => {
    r.on('drain', note('drain'));
    r.on('drain', () => r.end());
    r.write(LARGE, note('write callback'));
  },
  'wait for drain as a promise': async (_q, r, note) => {
    r.write(LARGE);
    await once(r, 'drain');
    note('after drain')();
    r.end();
  },
  pipeline: (_q, r, note) =>
    void pipeline(Readable.from([Buffer.from('a'), LARGE]), r, note('pipeline')),
  'no body for HEAD': { method: 'HEAD', run: (_q, r) => r.end() },
  'a body that is read': {
    method: 'POST',
    run: (q, r) => void q.resume().on('end', () => r.end('x')),
  },
};

function listenerOf(run, seen, done) {
  return (request, response) =>
    store.run('outer', () => {
      const note = (what) => () => seen.push(`${what}: ${store.getStore()}`);
      for (const event of ['prefinish', 'finish', 'close']) response.on(event, note(event));
      request.on('close', note('request close'));
      response.on('close', done);
      run(request, response, note);
    });
}

async function behindNode(listener, method) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const request = http.request({ host: '127.0.0.1', port, method, agent: false });
  request.end(method === 'POST' ? 'body' : undefined);
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/**
 * @param callBridge calls a listener through the bridge: `(listener, method) => Promise<unknown>`
 */
export async function contexts(callBridge) {
  const found = {};
  for (const [name, program] of Object.entries(programs)) {
    const { method = 'GET', run = program } = program;
    const rows = {};
    for (const [way, call] of [['node', behindNode], ...Object.entries(callBridge)]) {
      const seen = [];
      let done;
      const closed = new Promise((resolve) => {
        done = resolve;
      });
      await Promise.all([call(listenerOf(run, seen, done), method), closed]);
      await sleep(5);
      rows[way] = seen.toSorted((a, b) => (a < b ? -1 : 1));
    }
    found[name] = rows;
  }
  return found;
}

/** Through the bridge: into memory, and to a transport that takes its time with each block. */
export function bridges({ fromNodeListener, callApplication, createEnviron, errorStream }) {
  const environ = (method) =>
    createEnviron(
      {
        method,
        rawPath: '/',
        headers: { host: 'h' },
        body: method === 'POST' ? Buffer.from('body') : undefined,
      },
      { errors: errorStream(() => {}) },
    );
  const slow = () => ({
    begin() {},
    send: () => new Promise((resolve) => setImmediate(resolve)),
    end() {},
    abort() {},
  });
  return {
    buffered: async (listener, method) =>
      callApplication(fromNodeListener(listener), environ(method)),
    streamed: async (listener, method) =>
      callApplication(fromNodeListener(listener), environ(method), { transport: slow() }),
  };
}
