/** `AsyncLocalStorage` in listeners and callbacks of a response, as behind node:http. */
import { describe, expect, it } from 'vitest';
import { fromNodeListener } from '../../src/bridges/node.ts';
import { callApplication } from '../../src/core/call.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { nodes, requireDist, runScript } from '../nodes.ts';
import { bridges, type Contexts, contexts } from './context-scenario.mjs';

function expectAsBehindNode(found: Contexts): void {
  for (const [name, { node, buffered, streamed }] of Object.entries(found)) {
    expect(node.length, name).toBeGreaterThanOrEqual(3);
    // What node:http calls outside of the store may as well be called inside.
    const kept = (rows: string[]): string[] =>
      rows.map((row, index) => (node[index]?.endsWith(': undefined') ? (node[index] ?? '') : row));
    expect({ [name]: kept(buffered) }).toEqual({ [name]: node });
    expect({ [name]: kept(streamed) }).toEqual({ [name]: node });
  }
}

describe('the async context', () => {
  it('is the one in which a response was written and ended', async () => {
    const through = bridges({ fromNodeListener, callApplication, createEnviron, errorStream });
    expectAsBehindNode(await contexts(through));
  });

  it.each(nodes)('is so on Node $version', async (node) => {
    requireDist();
    const script = `
      import { bridges, contexts } from './test/bridges/context-scenario.mjs';
      import { fromNodeListener } from './dist/esm/bridges/node.js';
      import { callApplication } from './dist/esm/core/call.js';
      import { createEnviron } from './dist/esm/core/request/environ.js';
      import { errorStream } from './dist/esm/core/request/error-stream.js';
      const through = bridges({ fromNodeListener, callApplication, createEnviron, errorStream });
      console.log(JSON.stringify(await contexts(through)));`;
    expectAsBehindNode((await runScript(node, 'module', script)) as Contexts);
  });
});
