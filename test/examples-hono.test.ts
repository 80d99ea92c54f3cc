/** examples/hono, bundled as it is deployed, in a process of its own: it replaces globals. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { lambdaEvent, lambdaResponse } from '../src/aws-model.ts';
import { textOf } from '../src/aws-model/message.ts';
import { fetchApps } from './fetch-apps.ts';
import { nodes, requireDist, root, runScript } from './nodes.ts';

beforeAll(requireDist);

const requests = [
  { target: '/', clientAddress: '192.0.2.7' },
  { target: '/items/7?x=1' },
  { method: 'POST', target: '/echo', body: 'caf\u00e9', headers: [['Content-Type', 'text/plain']] },
  { target: '/cookies' },
  { target: '/later' },
  { target: '/nowhere' },
] as const;

it.runIf(fetchApps).each(nodes)('examples/hono answers on Node $version', async (node) => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { handler } from './examples/hono/handler.ts';
        console.log = (line) => said.push(line);
        const said = [];
        const events = ${JSON.stringify(requests.map((request) => lambdaEvent('function-url', request)))};
        async function main() {
          const replies = [];
          for (const event of events) replies.push(await handler(event, {}));
          process.stdout.write(JSON.stringify({ replies, said }));
        }
        main();`,
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    write: false,
    nodePaths: [join(root, 'test/fetch-apps/node_modules')],
    tsconfigRaw: {}, // ours would lead it to the sources
  });
  const script = outputFiles[0]?.text ?? '';
  const { replies, said } = (await runScript(node, 'module', script)) as {
    replies: unknown[];
    said: string[];
  };
  const answers = replies.map((reply, index) =>
    lambdaResponse('function-url', reply, requests[index] ?? {}),
  );
  expect(answers.map((answer) => [answer.status, textOf(answer)])).toEqual([
    [200, 'Hello 192.0.2.7\n'],
    [200, '{"id":"7","query":{"x":"1"}}'],
    [200, 'caf\u00e9'],
    [200, 'two\n'],
    [200, 'now\n'],
    [404, '404 Not Found'],
  ]);
  expect(answers[3]?.headers.filter(([name]) => name === 'set-cookie')).toHaveLength(2);
  expect(said).toEqual(['done afterwards']);
});
