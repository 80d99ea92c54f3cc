/**
 * Hundreds of random listeners and requests: behind node:http and behind the bridge all that can be
 * seen must be the same.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, behindBridge, behindLambda, behindNode, ownHeaders } from './differential.ts';
import { isSingleField } from '../../src/http/single-fields.ts';
import { type Outcome, program, type Program, running } from './random-listener.ts';
import type { TestRequestOptions } from '../../src/aws-model/message.ts';

const request: fc.Arbitrary<TestRequestOptions> = fc.oneof(
  fc.record({ method: fc.constantFrom('GET', 'GET', 'HEAD', 'DELETE', 'OPTIONS') }),
  fc.record({
    method: fc.constantFrom('POST', 'PUT', 'PATCH'),
    body: fc.oneof(
      fc.string({ minLength: 1, maxLength: 30 }),
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
    ),
  }),
);

async function run(
  what: Program,
  behind: (
    listener: ReturnType<typeof running>['listener'],
    done: Promise<unknown>,
  ) => Promise<Answer>,
): Promise<{ answer: Answer; outcome: Outcome }> {
  const { listener, done } = running(what);
  const late = (who: string): Promise<never> =>
    new Promise((_, reject) => {
      setTimeout(reject, 3000, new Error(`${who} never came`));
    });
  const [answer, outcome] = await Promise.all([
    Promise.race([behind(listener, done), late('the answer')]),
    Promise.race([done, late('the end')]),
  ]);
  return { answer, outcome };
}

const sources = ['rest-api', 'function-url', 'alb-multi'] as const;

interface Run {
  answer: Answer;
  outcome: Outcome;
}

/** What of two runs must be the same. */
function comparable(
  run: Run,
  node: Run,
  { steps }: Program,
  { method }: TestRequestOptions,
  headers: (answer: Answer) => unknown,
): object {
  const byProgram = steps.some((step) => step.do === 'destroy');
  const forgets = HOLDS_BACK && steps.some((step) => step.do === 'cork');
  const both = [run.outcome, node.outcome];
  const destroyed = byProgram || both.some(({ calls }) => calls.includes('not ended'));
  // Node's client goes away by itself: with the head of an answer to HEAD whose length nobody told,
  // and with more bytes than were announced. It may do so before the program destroys something, or
  // after.
  const leaves =
    !byProgram || method === 'HEAD' || steps.some((step) => step.do === 'strict' && step.off < 0);
  const left = leaves && both.some(({ response }) => response.includes('close 100'));
  const { callbacks, ...outcome } = run.outcome;
  outcome.calls = outcome.calls.filter((call) => call !== 'not ended');
  const { status, body, broken } = run.answer;
  return {
    // What it holds back Node forgets, callback and all, when the response is destroyed.
    outcome: left || { ...outcome, callbacks: destroyed ? forgets || callbacks.length : callbacks },
    // What had left before a socket was destroyed is a matter of time.
    broken: destroyed || broken,
    answer: broken || node.answer.broken || [status, body.toString('latin1'), headers(run.answer)],
  };
}

/**
 * Since nodejs/node#50167 a corked response in chunks holds back what it is given, and its end does
 * not wait for that.
 */
const HOLDS_BACK = Number(process.versions.node.split('.')[0]) >= 22;

/**
 * Whether node:http itself sent the last chunk before what was held back, so that its answer is no
 * measure.
 */
function brokenByNode({ steps }: Program, { answer }: Run): boolean {
  const has = (...kinds: string[]): boolean => steps.some((step) => kinds.includes(step.do));
  const inChunks = has('cork') && has('end') && !has('destroy', 'declare', 'strict');
  return HOLDS_BACK && answer.broken && inChunks;
}

/** What Node 22 and 24 get wrong, so that each run has it. */
const CORKED: Program['steps'] = [
  { do: 'cork' },
  { do: 'write', chunk: { text: '', encoding: 'utf8' }, callback: false },
  { do: 'write', chunk: { text: 'held back', encoding: 'utf8' }, callback: false },
  { do: 'end', callback: false },
];

describe('a random listener', () => {
  it('does the same behind node:http, behind the bridge, and as a Lambda function', async () => {
    await fc.assert(
      fc.asyncProperty(
        program,
        request,
        fc.constantFrom(...sources),
        async (what, options, source) => {
          const node = await run(what, (listener, done) => behindNode(listener, options, done));
          const bridge = await run(what, (listener) => behindBridge(listener, options));
          const lambda = await run(what, (listener) => behindLambda(source, listener, options));
          const noMeasure = brokenByNode(what, node);
          const lost = [bridge, lambda].filter(
            ({ answer }) => noMeasure && (answer.broken || answer.status !== node.answer.status),
          );
          expect(lost).toEqual([]);
          if (noMeasure) return;
          const inOrder = (answer: Answer): unknown => [answer.reason, ownHeaders(answer)];
          expect(comparable(bridge, node, what, options, inOrder)).toEqual(
            comparable(node, bridge, what, options, inOrder),
          );
          // A REST API adds a type to every answer that has none.
          const typed = ownHeaders(node.answer).some(([name]) => /^content-type$/i.test(name));
          const named = (answer: Answer): unknown => byName(answer, typed ? [] : ['content-type']);
          expect(comparable(lambda, node, what, options, named)).toEqual(
            comparable(node, lambda, what, options, named),
          );
          const failed = [bridge, lambda].filter(({ answer }) => answer.broken);
          expect(failed.map(({ answer }) => answer.status)).toEqual(failed.map(() => 500));
        },
      ),
      {
        numRuns: Number(process.env.GATECALL_RUNS ?? 300),
        examples: [[{ listen: [], steps: CORKED }, { method: 'GET' }, 'rest-api']],
        // What fails by never ending takes 3 s each time it is tried smaller.
        interruptAfterTimeLimit: 120_000,
        markInterruptAsFailure: true,
      },
    );
  }, 600_000);
});

/**
 * Header values by name: the maps of an event's reply have no order among names, and some sources
 * fold.
 */
function byName(answer: Answer, without: readonly string[]): object {
  const map: Record<string, string> = {};
  for (const [name, value] of ownHeaders(answer, without)) {
    const lower = name.toLowerCase();
    if (!(lower in map)) map[lower] = value;
    // Where a source folds, the gateway sends the first of several values that are no list.
    else if (!isSingleField(lower)) map[lower] += `, ${value}`;
  }
  return map;
}
