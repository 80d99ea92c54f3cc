import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { root } from '../nodes.ts';

/**
 * A function literal assigned to a property: `x.f = () => …`, `x[k] = function …`, `x.#f ??= …`. V8
 * allocates it among the old objects, as if it were a method, and what it closes over survives
 * every scavenge until the next major collection. For a closure over a request that is everything:
 * the young generation grew to 64 MB, and each request took 1.2 times as long (Node 24). A function
 * that returns the closure, an argument, a class field or a member of an object literal costs
 * nothing of the kind.
 */
const ASSIGNED =
  /(?:[\w$\])]\.#?[\w$]+|[\w"'`]\])(?:\?\?)?=(?:async ?)?(?:function\b|\([^()]*\)=>|[\w$]+=>)/g;

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}/src/${entry}.ts`],
    bundle: true,
    // As users bundle: the minifier puts a constant that is used once back into the assignment.
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

describe('on a request’s way', () => {
  it.each([
    'gateways/aws',
    'gateways/fetch',
    'gateways/gcp',
    'gateways/node',
    'bridges/fetch',
    'bridges/fetch-light',
    'bridges/node',
    'middleware',
  ])('no closure is allocated old by %s', async (entry) => {
    const text = await bundled(entry);
    const found = [...text.matchAll(ASSIGNED)].map(({ index }) =>
      text.slice(Math.max(index - 40, 0), index + 60),
    );
    expect(found).toEqual([]);
  });

  it('one would be found', () => {
    expect('t.signal,this.#p=()=>t.off(n)').toMatch(ASSIGNED);
    expect('e["x"]=async t=>{r.push(t)}').toMatch(ASSIGNED);
    expect('e[k]??=function(t){}').toMatch(ASSIGNED);
    expect('let f=t=>t,{g=t=>t}=e,o={f:t=>t};e.f=n(t=>t)').not.toMatch(ASSIGNED);
  });
});
