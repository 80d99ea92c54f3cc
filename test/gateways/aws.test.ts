import { describe, expect, it, vi } from 'vitest';
import { type LambdaOptions, toLambdaHandler } from '../../src/gateways/aws.ts';
import { exampleRequest, lambdaEvent, lambdaSources, notHttpEvents } from '../../src/aws-model.ts';
import { header } from '../../src/aws-model/message.ts';
import type { Application, ErrorStream } from '../../src/types.ts';
import { answers, decode, encode, exchange, handle, seen, seenThrough } from './aws/support.ts';

const boom: Application = () => {
  throw new Error('secret detail');
};

describe.each(lambdaSources)('%s', (source) => {
  it('hands on the example request, and the answer', async () => {
    const { environ, body, response, log } = await exchange(
      source,
      exampleRequest,
      answers('Hello é\n', [['Content-Type', 'text/plain; charset=utf-8']]),
    );
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'POST',
      PATH_INFO: '/echo/caf\u00c3\u00a9 bar/a/b',
      CONTENT_TYPE: 'image/png',
      CONTENT_LENGTH: '70',
      HTTP_COOKIE: 'sid=abc123; theme=d%20k',
      HTTP_ACCEPT: 'image/png',
      HTTP_USER_AGENT: 'gatecall-example/1',
      'wsgi.multiprocess': true,
      'wsgi.multithread': false,
      'wsgi.run_once': false,
      'gatecall.input_buffered': true,
      'gatecall.source': source,
      'gatecall.request_id': 'request-1',
      'gatecall.context': { awsRequestId: 'request-1' },
    });
    expect(environ?.['gatecall.event']).toEqual(lambdaEvent(source, exampleRequest));
    expect(environ?.REMOTE_ADDR).toBe(source.startsWith('lattice') ? '10.0.3.17' : '203.0.113.7');
    expect(Buffer.from(body ?? []).equals(exampleRequest.body ?? Buffer.from('x'))).toBe(true);
    expect(response.status).toBe(200);
    expect(header(response, 'content-type')).toBe('text/plain; charset=utf-8');
    expect(decode(response.body)).toBe('Hello é\n');
    expect(log).toEqual([]);
  });

  it('sends bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const { response } = await exchange(source, {}, answers(bytes, [['Content-Type', 'image/x']]));
    expect(Buffer.from(response.body).equals(bytes)).toBe(true);
  });

  it.each(['204 No Content', '304 Not Modified'])('sends no body with %s', async (status) => {
    const { response } = await exchange(source, {}, answers('x', [], status));
    expect(response).toMatchObject({ status: Number(status.slice(0, 3)), body: encode('') });
  });

  it('sends no body to HEAD', async () => {
    const { reply, response } = await exchange(source, { method: 'HEAD' }, answers('x'));
    expect(response).toMatchObject({ status: 200, body: encode('') });
    expect((reply as { body?: string }).body ?? '').toBe('');
  });

  it('answers a logged 500 for an error, without detail', async () => {
    const { response, log } = await exchange(source, { target: '/x?q=1' }, boom);
    expect(response.status).toBe(500);
    expect(decode(response.body)).toBe('Internal Server Error\n');
    expect(header(response, 'content-type')).toBe('text/plain; charset=utf-8');
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/^GET \S*\/x\?q=1: Error: secret detail\n {4}at /);
  });

  it('fails the invocation for an error where told to, and logs it', async () => {
    const log: string[] = [];
    const handler = toLambdaHandler(boom, {
      throwErrors: true,
      log: (message) => log.push(message),
    });
    await expect(handler(lambdaEvent(source))).rejects.toThrow('secret detail');
    expect(log.join('')).toContain('secret detail');
  });

  it('does not send a status above 599', async () => {
    const { response, log } = await exchange(source, {}, answers('x', [], '600 Beyond'));
    expect(response.status).toBe(500);
    expect(decode(response.body)).toBe('Internal Server Error\n');
    expect(log[0]).toMatch(/^GET \S+: no status above 599 passes .*; got 600$/);
    await expect(
      handle(lambdaEvent(source), answers('x', [], '999 Beyond'), { throwErrors: true }),
    ).rejects.toThrow(/no status above 599.*got 999/);
    expect((await exchange(source, {}, answers('x', [], '599 Edge'))).response.status).toBe(599);
  });

  it('has an input that ends without a body', async () => {
    const { environ, body } = await exchange(source, {});
    expect(body).toHaveLength(0);
    expect(environ?.CONTENT_LENGTH ?? '0').toBe('0');
  });

  it('has a mount point', async () => {
    const options: LambdaOptions = { basePath: ['/shop/', '/shop/eu', '/other'] };
    const below = await seenThrough(source, { target: '/shop/eu/caf%C3%A9' }, options);
    expect(below.PATH_INFO).toBe('/caf\u00c3\u00a9');
    expect(below.SCRIPT_NAME).toMatch(/^(\/live)?\/shop\/eu$/);
    const beside = await seenThrough(source, { target: '/shopping' }, options);
    expect(beside.PATH_INFO).toBe('/shopping');
    const root = await seenThrough(source, { target: '/x' }, { basePath: '/' });
    expect(root.PATH_INFO).toBe('/x');
  });
});

describe('what is no HTTP request', () => {
  const TITLES: Readonly<Record<string, RegExp>> = {
    'authorizer of a REST API (REQUEST)': /a Lambda authorizer request/,
    'authorizer of a REST API (TOKEN)': /a Lambda authorizer request/,
    'authorizer of an HTTP API (2.0)': /a Lambda authorizer request/,
    'Lambda@Edge origin response': /a Lambda@Edge response event/,
    'Lambda@Edge viewer response': /a Lambda@Edge response event/,
    'WebSocket CONNECT': /a WebSocket API event/,
    'WebSocket MESSAGE': /a WebSocket API event/,
    'WebSocket DISCONNECT': /a WebSocket API event/,
    SQS: /records from aws:sqs/,
    SNS: /records from aws:sns/,
    S3: /records from aws:s3/,
    'DynamoDB stream': /records from aws:dynamodb/,
    Kinesis: /records from aws:kinesis/,
    'EventBridge schedule': /an EventBridge event/,
    'EventBridge event': /an EventBridge event/,
    SES: /records from aws:ses/,
    'CloudWatch logs': /CloudWatch Logs data/,
    Kafka: /a batch of records/,
    'Cognito trigger': /a Cognito trigger/,
    Alexa: /an Alexa request/,
    AppSync: /an AppSync resolver call/,
    'IoT rule': /keys:? deviceId, method/,
    'IoT authorizer': /keys:? token/,
    'empty object': /no keys|keys:? none/,
  };

  it.each(notHttpEvents.map(({ name, event }) => [name, event] as const))(
    '%s is refused by name',
    async (name, event) => {
      const application = vi.fn<Application>();
      const answer = toLambdaHandler(application)(event, {});
      await expect(answer).rejects.toThrow(TypeError);
      await expect(answer).rejects.toThrow(/^not an HTTP request: got .{20,}/);
      await expect(answer).rejects.toThrow(TITLES[name] ?? /a title in the table/);
      expect(application).not.toHaveBeenCalled();
    },
  );

  it('is all in the table', () => {
    expect(notHttpEvents.map(({ name }) => name)).toEqual(Object.keys(TITLES));
  });

  it.each<[string, unknown, RegExp]>([
    ['text', 'hello', /got the string "hello"/],
    ['a number', 7, /got the number 7/],
    ['null', null, /got null/],
    ['nothing', undefined, /got undefined/],
    ['a list', [{}], /got an array of 1/],
    ['a half-made event', { httpMethod: 'GET', path: '/' }, /httpMethod, path|without resource/],
    ['records without a source', { Records: [null] }, /a batch of records[;.]/],
  ])('%s is refused by name', async (_, event, message) => {
    const answer = handle(event);
    await expect(answer).rejects.toThrow(TypeError);
    await expect(answer).rejects.toThrow(message);
  });

  it('is refused whatever throwErrors says', async () => {
    await expect(handle({}, answers(), { throwErrors: false })).rejects.toThrow(TypeError);
  });
});

describe('the options', () => {
  it.each<[string, unknown, RegExp]>([
    ['an unknown one', { base_path: '/x' }, /no option base_path; it has basePath, log/],
    ['__proto__', JSON.parse('{"__proto__":{"onError":"throw"}}'), /no option __proto__/],
    ['constructor', { constructor: 1 }, /no option constructor/],
    [
      'basePath without a slash',
      { basePath: 'shop' },
      /cannot use the string "shop" as option basePath/,
    ],
    ['basePath of something else', { basePath: ['/a', 7] }, /an array of 2 as option basePath/],
    ['log', { log: {} }, /cannot use a plain object as option log/],
    ['log null', { log: null }, /cannot use null as option log/],
    ['throwErrors', { throwErrors: 'throw' }, /"throw" as option throwErrors/],
    ['onError', { onError: 'ignore' }, /"ignore" as option onError/],
    ['isText', { isText: /text/ }, /option isText/],
    ['a symbol', { onError: Symbol('s') }, /cannot use the symbol Symbol\(s\) as option onError/],
    ['a bigint', { onError: 1n }, /option onError/],
  ])('are refused at once: %s', (_, options, message) => {
    const make = (): unknown => toLambdaHandler(answers(), options as LambdaOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it('may be undefined each', () => {
    const none = { basePath: undefined, log: undefined, onError: undefined, isText: undefined };
    expect(() => toLambdaHandler(answers(), none as unknown as LambdaOptions)).not.toThrow();
  });

  it('come after an application', () => {
    expect(() => toLambdaHandler({} as Application)).toThrow(
      /an application is a function.*got a plain object/,
    );
  });

  it('isText decides with the bytes what is a string', async () => {
    const application = answers('a,b', [['Content-Type', 'application/x-special']]);
    const event = lambdaEvent('alb');
    const isText = (type: string): boolean => type === 'application/x-special';
    expect((await handle(event, application)).reply).toMatchObject({ isBase64Encoded: true });
    expect((await handle(event, application, { isText })).reply).toMatchObject({
      body: 'a,b',
      isBase64Encoded: false,
    });
  });

  it('log may be a stream, flushed when all is said', async () => {
    const calls: string[] = [];
    const log: ErrorStream = {
      write: (text) => void calls.push(text),
      writelines() {},
      flush: () => void calls.push('flush'),
    };
    await handle(lambdaEvent('alb'), boom, { log });
    expect(calls).toEqual([expect.stringMatching(/secret detail.*\n$/s), 'flush']);
    calls.length = 0;
    await handle(lambdaEvent('alb'), answers('x', [], '600 Beyond'), { log });
    expect(calls.join('')).toMatch(/no status above 599.*\nflush$/);
  });

  it('log is console.error by default, looked up at each call', async () => {
    const handler = toLambdaHandler(boom);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    await handler(lambdaEvent('alb'));
    expect(logged.mock.calls).toEqual([[expect.stringContaining('secret detail')]]);
  });
});

describe('the handler', () => {
  it('has two parameters, for Node 24 refuses one with a callback', () => {
    expect(toLambdaHandler(answers())).toHaveLength(2);
  });

  it('needs no context', async () => {
    const handler = toLambdaHandler(answers());
    await expect(handler(lambdaEvent('alb'))).resolves.toMatchObject({ statusCode: 200 });
    await expect(handler(lambdaEvent('alb'), null)).resolves.toMatchObject({ statusCode: 200 });
  });

  it('says whether invocations overlap', async () => {
    expect((await seenThrough('alb', {}))['gatecall.concurrent']).toBe(false);
    vi.stubEnv('AWS_LAMBDA_MAX_CONCURRENCY', '16');
    try {
      expect((await seenThrough('alb', {}))['gatecall.concurrent']).toBe(true);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('reads a byte order mark, and a body of text with what is not in ASCII', async () => {
    const event = { ...lambdaEvent('http-api-2', { method: 'POST' }), body: '\ufeffλ' };
    const environ = await seen(event);
    expect(environ.CONTENT_LENGTH).toBe('5');
  });
});
