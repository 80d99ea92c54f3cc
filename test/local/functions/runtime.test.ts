import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findRuntimeClient } from '../../../src/local/functions/runtime.ts';
import { root } from '../../nodes.ts';
import { ric } from '../../ric.ts';
import { functionUrl, makeProject, serve, type TestProject, until } from '../support.ts';

let files: TestProject;
beforeAll(() => {
  files = makeProject({ 'one/app.js': '', 'two/app.js': '' });
});
afterAll(() => files[Symbol.dispose]());

it("takes AWS's runtime client where the project has it, compiled", () => {
  const find = (folder: string): string =>
    findRuntimeClient(`${files.folder}/${folder}`, files.folder).name;
  expect(find('one')).toBe('gatecall');
  files.write('one/node_modules/aws-lambda-ric/index.mjs', '');
  expect(find('one')).toBe('gatecall');
  files.write('one/node_modules/aws-lambda-ric/rapid-client.node', '');
  expect(find('one')).toBe('aws-lambda-ric');
  expect(find('two')).toBe('gatecall');
  files.write('node_modules/aws-lambda-ric/bin/index.mjs', '');
  files.write('node_modules/aws-lambda-ric/build/Release/rapid-client.node', '');
  expect(find('two')).toBe('aws-lambda-ric');
});

it.skipIf(!ric)("runs a function in AWS's runtime client", async () => {
  using project = makeProject({
    'app.mjs': `
      import { toStreamingLambdaHandler } from 'gatecall/aws';
      export const handler = toStreamingLambdaHandler((environ, startResponse) => {
        startResponse('201 Created', [['Content-Type', 'text/plain']]);
        return [new TextEncoder().encode(environ.PATH_INFO)];
      });`,
  });
  // The stand-in for its native part, which would have to be compiled, is found as a folder of that
  // name.
  cpSync(join(root, 'test/ric/node_modules/'), join(project.folder, 'node_modules'), {
    recursive: true,
    dereference: true,
  });
  const native = 'node_modules/aws-lambda-ric/rapid-client.node';
  rmSync(join(project.folder, native), { force: true });
  cpSync(join(root, 'test/ric/rapid-client.cjs'), join(project.folder, native, 'index.cjs'));
  project.write(`${native}/package.json`, '{"type":"commonjs","main":"index.cjs"}');

  await using served = await serve(project.project([{}], [functionUrl({ stream: true })]));
  const response = await fetch(`${served.url()}/x`);
  expect([response.status, await response.text()]).toEqual([201, '/x']);
  await until(() => served.traces.list()[0]?.startResponse !== undefined);
  expect(served.traces.list()[0]).toMatchObject({
    state: 'done',
    cold: true,
    environ: { PATH_INFO: '/x' },
    startResponse: [{ status: '201 Created' }],
  });
});
