/** The built command on a template: what it prints, serves and leaves behind. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type TestProject, until } from '../local/support.ts';
import { requireDist, root } from '../nodes.ts';
import { type Run, runIn, startApiIn, type Started, stopCommands } from './command.ts';

const TEMPLATE = `
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: { Type: String, Default: dev }
Globals:
  Function:
    Runtime: nodejs24.x
    Environment: { Variables: { STAGE: !Ref Stage, TABLE: none } }
Resources:
  Items:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: items
      Handler: app.handler
      Events:
        Get: { Type: HttpApi, Properties: { Path: '/items/{id}', Method: GET } }
        Rest: { Type: Api, Properties: { Path: /items, Method: ANY } }
  Typed:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [typed.ts] } }
    Properties:
      CodeUri: typed
      Handler: typed.handler
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }
`;

let files: TestProject;
const run = (args: readonly string[], input?: string): Promise<Run> =>
  runIn(files.folder, args, input);
const startApi = (...args: string[]): Promise<Started> => startApiIn(files.folder, ...args);
beforeAll(() => {
  requireDist();
  files = makeProject({
    'template.yaml': TEMPLATE,
    'items/app.mjs': `
      export const handler = async (event) => {
        if (event.fail) throw new RangeError('as asked');
        return { statusCode: 200, body: JSON.stringify({ pid: process.pid, id: event.pathParameters?.id, stage: process.env.STAGE, table: process.env.TABLE }) };
      };`,
    'typed/typed.ts': `
      declare const awslambda: any;
      export const handler = awslambda.streamifyResponse(async (event: unknown, stream: any): Promise<void> => {
        stream = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers: { 'content-type': 'text/plain' } });
        stream.write('typed');
        stream.end();
      });`,
    'env.json': '{"Items":{"TABLE":"orders","UNKNOWN":"x"}}',
    'event.json': '{"pathParameters":{"id":"5"}}',
    'fail.json': '{"fail":true}',
  });
});
afterAll(() => {
  stopCommands();
  files[Symbol.dispose]();
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('gatecall start-api', () => {
  it('serves a template, and leaves nothing behind', async () => {
    const api = await startApi('--parameter-overrides', 'Stage=test', '--env-vars', 'env.json');
    const lines = api
      .out()
      .replace(/127\.0\.0\.1:\d+/g, 'local')
      .split('\n');
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['FRONT', 'URL', 'ROUTE', 'FUNCTION', 'MODE'],
      ['ServerlessHttpApi', 'http://local', 'GET /items/{id}', 'Items', 'HTTP API, payload 2.0'],
      ['ServerlessRestApi', 'http://local/Prod', 'ANY /items', 'Items', 'REST API, buffered'],
      ['Typed', 'http://local', 'ANY *', 'Typed', 'function URL, RESPONSE_STREAM'],
      ['inspector: http://local/__gatecall/'],
      [''],
    ]);
    expect(api.log()).toContain('Items gets no UNKNOWN of --env-vars');

    const item = await fetch(`${api.url('ServerlessHttpApi')}/items/7`);
    const { pid, ...rest } = (await item.json()) as { pid: number };
    expect(rest).toEqual({ id: '7', stage: 'test', table: 'orders' });
    const items = await fetch(`${api.url('ServerlessRestApi')}/items`);
    expect(items.status).toBe(200);
    expect(await (await fetch(api.url('Typed'))).text()).toBe('typed');
    await until(() => /Typed GET \/ 200 in \d+ ms/.test(api.log()));
    expect(api.log()).toMatch(/\[Items\] START RequestId: [\da-f-]{36} Version: \$LATEST/);
    expect(api.log()).not.toContain('\x1b');

    const inspector = /inspector: (\S+)/.exec(api.out())?.[1] ?? '';
    expect(await (await fetch(inspector)).text()).toContain('<title>');

    expect(isAlive(pid)).toBe(true);
    expect(await api.stop()).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('lets neither functions nor templates steer the terminal, nor write elsewhere', async () => {
    const steer = String.raw`\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[39m`;
    files.write(
      'steer/app.mjs',
      `export const handler = async () => { console.log('${steer}'); return '${steer}'; };`,
    );
    files.write(
      'steer/template.json',
      JSON.stringify({
        Transform: 'AWS::Serverless-2016-10-31',
        Resources: {
          '/../../x': {
            Type: 'AWS::Serverless::Function',
            Properties: {
              Runtime: 'nodejs24.x',
              Handler: 'app.handler',
              FunctionUrlConfig: { AuthType: 'NONE' },
              Events: {
                Any: {
                  Type: 'HttpApi',
                  Properties: { Path: '/\x1b[2Jpath\x9b2J', Method: 'GET' },
                },
              },
              Timeout: '\x1b]0;title\x07 soon',
            },
          },
        },
      }),
    );
    const api = await startApi('-t', 'steer/template.json', '--record', 'recorded/inner');
    const url = /x +(http:\S+) +ANY/.exec(api.out())?.[1] ?? '';
    expect((await fetch(`${url}/\x1b[2J`)).status).toBe(200);
    await until(() => / GET \S+ 200 in /.test(api.log()));
    await api.stop();
    expect(api.out() + api.log()).not.toMatch(/\x1b(?!\[3[19]m)|[\x80-\x9f\x07]/);
    expect(api.log()).toContain('\x1b[31mred\x1b[39m');
    expect(readdirSync(join(files.folder, 'recorded'))).toEqual(['inner']);
    expect(readdirSync(join(files.folder, 'recorded/inner'))).toHaveLength(2);
    expect(existsSync(join(files.folder, '../x'))).toBe(false);
  });

  it("serves this repository's own template", async () => {
    const api = await startApi('--template', join(root, 'template.yaml'));
    const fronts = ['DemoHttpApi', 'DemoRestApi', 'Demo'];
    for (const front of fronts) {
      const page = await fetch(`${api.url(front)}/echo?x=1`, { method: 'POST', body: 'hello' });
      expect([front, page.status]).toEqual([front, 200]);
    }
    const stream = await fetch(`${api.url('Streaming')}/`);
    expect(stream.headers.get('transfer-encoding')).toBe('chunked');
    await api.stop();
  });

  it('takes code beside the folder of its template, if it is started above both', async () => {
    files.write('infra/template.yaml', TEMPLATE.replace(/CodeUri: /g, 'CodeUri: ../'));
    const api = await startApi('--template', 'infra/template.yaml');
    expect((await fetch(`${api.url('ServerlessHttpApi')}/items/7`)).status).toBe(200);
    expect(await (await fetch(api.url('Typed'))).text()).toBe('typed');
    await api.stop();
  });

  it('follows its template', async () => {
    files.write('edited.yaml', TEMPLATE);
    const api = await startApi('--template', 'edited.yaml');
    const path = '/things/{id}';
    files.write('edited.yaml', TEMPLATE.replace('/items/{id}', path));
    await until(() => api.out().includes(`GET ${path}`));
    expect(api.log()).toContain('edited.yaml has changed');
    const table = api.out().slice(api.out().lastIndexOf('FRONT'));
    const url = /^ServerlessHttpApi +(\S+)/m.exec(table)?.[1] ?? '';
    expect((await fetch(`${url}/things/7`)).status).toBe(200);
    files.write('edited.yaml', 'Resources: [');
    await until(() => api.log().includes('edited.yaml has nothing to serve'));
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    files.write('edited.yaml', TEMPLATE);
    await until(() => api.out().lastIndexOf('GET /items/{id}') > api.out().indexOf(path));
    expect(await api.stop()).toBe(0);
  });

  it('names the package that Lambda brings and this machine lacks', async () => {
    files.write('items/sdk.mjs', "import '@aws-sdk/client-none'; export const handler = 1;");
    files.write('sdk.yaml', TEMPLATE.replace('Handler: app.handler', 'Handler: sdk.handler'));
    const api = await startApi('--template', 'sdk.yaml');
    expect((await fetch(`${api.url('ServerlessHttpApi')}/items/7`)).status).toBe(500);
    await until(() => api.log().includes('500 in'));
    expect(api.log()).toMatch(/ 500 in \d+ ms: .*: npm install --save-dev @aws-sdk\/client-none\n/);
    await api.stop();
  });

  it('ends on SIGTERM, in the middle of an invocation too', async () => {
    files.write(
      'items/slow.mjs',
      'console.log("pid", process.pid); export const handler = () => new Promise(() => setInterval(() => {}, 1000));',
    );
    files.write('slow.yaml', TEMPLATE.replace('Handler: app.handler', 'Handler: slow.handler'));
    const api = await startApi('--template', 'slow.yaml');
    const answer = fetch(`${api.url('ServerlessHttpApi')}/items/7`).catch(() => 'broken off');
    await until(() => /\tpid \d+/.test(api.log()), 10_000);
    const pid = Number(/\tpid (\d+)/.exec(api.log())?.[1]);
    expect(await api.stop('SIGTERM')).toBe(0);
    expect(await answer).toBe('broken off');
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves no function behind when it is killed itself', async () => {
    const api = await startApi();
    const item = await fetch(`${api.url('ServerlessHttpApi')}/items/7`);
    const { pid } = (await item.json()) as { pid: number };
    expect(isAlive(pid)).toBe(true);
    await api.stop('SIGKILL');
    await until(() => !isAlive(pid));
  });

  it('has every front on one port if asked', async () => {
    const api = await startApi('--single-port');
    expect(api.url('Typed')).toMatch(/^http:\/\/typed\.localhost:\d+$/);
    const port = new URL(api.url('Typed')).port;
    expect(api.url('ServerlessRestApi')).toBe(`http://serverlessrestapi.localhost:${port}/Prod`);
    await api.stop();
  });

  it.each([
    ['--port high', '--port takes a number from 0 to 65535; got high'],
    ['--concurrency 0', '--concurrency takes a number from 1 to 1000; got 0'],
    ['--loud', "Unknown option '--loud'"],
    ['here', 'start-api takes options only; what is "here"?'],
    [
      '--env-vars event.json --parameter-overrides Stage',
      '--parameter-overrides takes Name=value; got "Stage"',
    ],
    ['--env-vars gone.json', 'cannot read gone.json: there is no such file'],
    ['--jwks event.json', 'event.json: a JWK Set is { "keys": [ … ] }'],
  ])('refuses %s', async (args, message) => {
    const { code, out, log } = await run(['start-api', ...args.split(' ')]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(log).toContain(`${message}\n`);
  });

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until(() => server.listening);
    const { port } = server.address() as { port: number };
    const { code, log } = await run(['start-api', '--port', String(port)]);
    server.close();
    expect(code).toBe(2);
    expect(log).toContain(`port ${port} is taken; choose another with --port`);
  });

  it('says what it cannot read', async () => {
    files.write('none.yaml', 'Resources:\n  Bucket: { Type: AWS::S3::Bucket }\n');
    const { code, log } = await run(['start-api', '--template', 'none.yaml']);
    expect(code).toBe(1);
    expect(log).toContain('none.yaml has nothing to serve: no API, function URL or load balancer');
    files.write(
      'elsewhere.yaml',
      TEMPLATE.slice(0, TEMPLATE.indexOf('  Items:')) +
        `  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        openapi: 3.0.1
        paths: { /: { get: { x-amazon-apigateway-integration: { type: http_proxy, uri: 'http://a.example' } } } }
  Graph: { Type: AWS::Serverless::GraphQLApi }
`,
    );
    const elsewhere = await run(['start-api', '--template', 'elsewhere.yaml']);
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.log).toContain('Graph is a GraphQL API, which is not served here\n');
    expect(elsewhere.log).toContain('nothing to serve: no route of Api leads to a function\n');
    const gone = await run(['start-api', '--template', 'gone.yaml']);
    expect(gone.code).toBe(1);
    expect(gone.log).toMatch(/gone\.yaml.*error: cannot read .*gone\.yaml: there is no such file/);
  });
});

describe('gatecall replay', () => {
  it('runs what start-api has recorded again', async () => {
    const api = await startApi('--record', 'recorded');
    await fetch(`${api.url('ServerlessHttpApi')}/items/7`);
    await fetch(api.url('Typed'));
    const folder = join(files.folder, 'recorded');
    await until(() => existsSync(folder) && readdirSync(folder).length === 4);
    await api.stop();
    const [event = '', reply = ''] = readdirSync(folder);
    expect(event).toMatch(/^\d{8}T\d{6}-0001-Items-http-api-2\.json$/);
    expect(JSON.parse(readFileSync(join(folder, event), 'utf8'))).toMatchObject({
      routeKey: 'GET /items/{id}',
    });

    const again = await run(['replay', 'recorded']);
    expect(again.code).toBe(1);
    expect(again.out).toMatch(
      /differs .*0001-Items-http-api-2\.json\n {2}- body\.pid: \d+\n {2}\+ body\.pid: \d+\n/,
    );
    expect(again.out).toMatch(/same {4}.*0002-Typed-function-url\.json\n1 of 2 the same\n/);

    // A stable one stays the same.
    const file = join(folder, reply);
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as { reply: unknown };
    files.write('items/app.mjs', 'export const handler = async () => ({ statusCode: 204 });');
    writeFileSync(file, JSON.stringify({ ...recorded, reply: { statusCode: 204 } }));
    const same = await run(['replay', 'recorded']);
    expect([same.code, same.out.split('\n').at(-2)]).toEqual([0, '2 of 2 the same']);

    // An event over the limit reaches no function, so that nothing comes of it.
    files.write('recorded/9-Items-http-api-2.json', '{}');
    const more = await run(['replay', 'recorded']);
    expect(more.out).toContain('skipped 9-Items-http-api-2.json\n  no function took it');
    expect([more.code, more.out.split('\n').at(-2)]).toEqual([0, '2 of 2 the same, 1 skipped']);
  });

  it.each([
    ['', 'no events given: gatecall replay events/'],
    ['nowhere', 'there is no nowhere'],
    ['typed', 'no events in typed'],
  ])('refuses "%s"', async (args, message) => {
    const { code, log } = await run(['replay', ...args.split(' ').filter(Boolean)]);
    expect(code).toBe(2);
    expect(log).toContain(message);
  });
});

describe('gatecall invoke with a template', () => {
  beforeAll(() => {
    files.write(
      'items/app.mjs',
      "export const handler = async (event) => { if (event.fail) throw new RangeError('as asked'); return event.pathParameters ?? event; };",
    );
  });

  it('runs a function by its logical id', async () => {
    const { code, out, log } = await run(['invoke', 'Items', '--event', 'event.json']);
    expect({ code, out }).toEqual({ code: 0, out: '{"id":"5"}\n' });
    expect(log).toMatch(/START RequestId.*\n.*END RequestId.*\nREPORT RequestId.*Init Duration/s);
  });

  it('shows a stream as a reply', async () => {
    const { out } = await run(['invoke', 'Typed', '--event', '-'], '{}');
    expect(JSON.parse(out)).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'text/plain' },
      body: 'typed',
      isBase64Encoded: false,
    });
  });

  it('fails as the function does', async () => {
    const { code, out } = await run(['invoke', 'Items', '--event', 'fail.json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ errorType: 'RangeError', errorMessage: 'as asked' });
  });

  it('names the functions there are', async () => {
    const { code, log } = await run(['invoke', '--event', 'event.json']);
    expect(code).toBe(2);
    expect(log).toMatch(/which function\? .*template\.yaml has Items, Typed/);
    const none = await run(['invoke', 'None', '--event', 'event.json', '-t', 'template.yaml']);
    expect(none.log).toMatch(/has no function None; its functions: Items, Typed/);
  });

  it('takes what generate-event makes of a trigger', async () => {
    const event = await run(['generate-event', 'sqs', '--body', 'hello']);
    expect(event.code).toBe(0);
    const { out } = await run(['invoke', 'Items', '--event', '-'], event.out);
    const { Records } = JSON.parse(out) as { Records: { body: string; md5OfBody: string }[] };
    expect(Records[0]).toMatchObject({
      body: 'hello',
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
    });
  });
});

it('a template beside it does not keep invoke from a module', async () => {
  files.write('Plain.mjs', "export const handler = async () => 'plain';");
  await sleep(0);
  const { out } = await run(['invoke', 'Plain', '--event', 'event.json']);
  expect(out).toBe('"plain"\n');
});
