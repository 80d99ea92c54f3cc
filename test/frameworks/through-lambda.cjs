/**
 * Preload: every http server of the process answers through a Lambda event. Its listener gets no
 * socket's request but the one that `toLambdaHandler(fromNodeListener(listener))` makes of the
 * event, and the client what the front would make of the reply. So a framework's own test suite
 * tests the bridge:
 *
 *     npm run build && GATECALL_SOURCE=function-url \
 *       node --require ./test/frameworks/through-lambda.cjs node_modules/.bin/mocha …
 */
const http = require('node:http');
const dist = process.env.GATECALL_DIST ?? `${__dirname}/../../dist/bundled`;
const { toLambdaHandler } = require(`${dist}/gateways/aws.cjs`);
const { fromNodeListener } = require(`${dist}/bridges/node.cjs`);
const { lambdaEvent, lambdaResponse } = require(`${dist}/testing.cjs`);

const source = process.env.GATECALL_SOURCE ?? 'function-url';
const bridges = new WeakMap();

/** One bridge a listener, as in a function: it lives as long as the process. */
function bridgeTo(listener, server) {
  let handler = bridges.get(listener);
  if (!handler) {
    const call = (request, response) => listener.call(server, request, response);
    // Express is told by members of the function.
    const target = listener.request && listener.response ? listener : call;
    handler = toLambdaHandler(fromNodeListener(target), { log: () => {} });
    bridges.set(listener, handler);
  }
  return handler;
}

// What suites expect to be absent unless they send it. The scheme is in nothing else, nor is a load
// balancer's client.
const OF_THE_FRONT = source.startsWith('alb')
  ? /^x-forwarded-(?!proto|for)/i
  : /^x-forwarded-(?!proto)/i;

/**
 * The event with the client's own X-Forwarded-*, which a front would have changed and suites ask
 * about.
 */
function asForwarded(event, headers) {
  for (const map of [event.headers, event.multiValueHeaders]) {
    for (const name of Object.keys(map ?? {})) if (OF_THE_FRONT.test(name)) delete map[name];
  }
  for (const [name, value] of headers.filter(([name]) => /^x-forwarded-/i.test(name))) {
    for (const map of [event.headers, event.multiValueHeaders].filter(Boolean)) {
      const same = (key) => key.toLowerCase() === name.toLowerCase();
      const key = Object.keys(map).find(same) ?? name.toLowerCase();
      map[key] = map === event.headers ? value : [value];
    }
  }
  return event;
}

async function answer(listener, server, request, response) {
  const blocks = [];
  for await (const block of request) blocks.push(block);
  const headers = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.push([request.rawHeaders[index], request.rawHeaders[index + 1]]);
  }
  const options = {
    method: request.method,
    target: request.url,
    headers,
    scheme: 'http',
    clientAddress: request.socket.remoteAddress,
    customDomain: request.headers.host ?? 'localhost',
    ...(blocks.length > 0 ? { body: Buffer.concat(blocks) } : {}),
  };
  const context = { awsRequestId: 'suite', getRemainingTimeInMillis: () => 10_000 };
  const event = asForwarded(lambdaEvent(source, options), headers);
  const reply = await bridgeTo(listener, server)(event, context);
  const { status, reason, headers: lines, body } = lambdaResponse(source, reply, options);
  // A type that the front invents where the application has none is not what a suite asks about.
  const names = Object.keys({ ...reply.headers, ...reply.multiValueHeaders });
  const typed = names.some((name) => /^content-type$/i.test(name));
  const own = lines.filter(([name]) => name !== 'connection' && (typed || name !== 'content-type'));
  response.writeHead(status, reason || http.STATUS_CODES[status] || '', own.flat());
  response.end(Buffer.from(body));
}

function through(listener) {
  return function (request, response) {
    const hangUp = () => response.destroy();
    void answer(listener, this, request, response).then(undefined, hangUp);
  };
}

const { createServer } = http;
http.createServer = function (options, listener) {
  if (typeof options === 'function') return createServer(through(options));
  return typeof listener === 'function'
    ? createServer(options, through(listener))
    : createServer(options);
};
