/**
 * Invocations that overlap on one handler, as a runtime with more than one invocation at a time
 * makes them.
 */
import { describe, expect, it } from 'vitest';
import { toLambdaHandler } from '../src/gateways/aws.ts';
import { lambdaEvent, lambdaResponse, lambdaSources } from '../src/aws-model.ts';
import { headerLines } from '../src/aws-model/message.ts';
import type { Application } from '../src/types.ts';
import { decode, encode } from './gateways/aws/support.ts';

const INVOCATIONS = 10_000;

/** A reproducible stand-in for chance (Numerical Recipes' generator). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = chance(20_260_110);

/** A while: none, some microtasks, or some turns of the event loop. */
async function awhile(): Promise<void> {
  const kind = random();
  if (kind < 0.3) return;
  for (let times = Math.floor(random() * 3); times >= 0; times--) {
    await (kind < 0.6 ? undefined : new Promise((resolve) => void setImmediate(resolve)));
  }
}

const application: Application = async (environ, startResponse) => {
  const errors = environ['wsgi.errors'];
  const id = environ.PATH_INFO.slice(1);
  errors.write(`${id} starts, `);
  await awhile();
  const first = decode(await environ['wsgi.input'].readline());
  await awhile();
  const second = decode(await environ['wsgi.input'].read());
  environ['test.id'] = id;
  startResponse('200 OK', [
    ['Content-Type', 'text/plain'],
    ['X-Id', environ.HTTP_X_ID ?? ''],
    ['Set-Cookie', environ.HTTP_COOKIE ?? ''],
  ]);
  errors.write(`${environ.HTTP_X_ID} goes on, `);
  await awhile();
  return (async function* () {
    yield encode(id);
    await awhile();
    yield encode(`,${first.trim()},${second},${environ.QUERY_STRING},`);
    await awhile();
    errors.write(`${String(environ['test.id'])} ends\n`);
    yield encode(String(environ['gatecall.request_id']));
  })();
};

describe('invocations that overlap', () => {
  it('never mix', async () => {
    const log: string[] = [];
    const handler = toLambdaHandler(application, { log: (message) => log.push(message) });
    let running = 0;
    let most = 0;

    async function invoke(index: number): Promise<string> {
      const id = `id-${index}`;
      const source = lambdaSources[index % lambdaSources.length] ?? 'alb';
      const event = lambdaEvent(source, {
        method: 'POST',
        target: `/${id}?id=${id}`,
        headers: [
          ['X-Id', id],
          ['Cookie', `id=${id}`],
          ['Content-Type', index % 2 ? 'text/plain' : 'application/octet-stream'],
        ],
        body: `${id}\n${id}`,
      });
      await awhile();
      most = Math.max(most, ++running);
      const reply = await handler(event, { awsRequestId: id });
      running--;
      const response = lambdaResponse(source, reply, { method: 'POST' });
      return [
        response.status,
        ...headerLines(response, 'x-id'),
        ...headerLines(response, 'set-cookie'),
        decode(response.body),
      ].join(' ');
    }

    const ids = Array.from({ length: INVOCATIONS }, (_, index) => `id-${index}`);
    const answers = await Promise.all(ids.map((_, index) => invoke(index)));
    const mixed = answers.filter((answer, index) => {
      const id = `id-${index}`;
      return answer !== `200 ${id} id=${id} ${id},${id},${id},id=${id},${id}`;
    });
    expect(mixed).toEqual([]);
    expect(most).toBeGreaterThan(INVOCATIONS / 10);

    expect(new Set(log).size).toBe(INVOCATIONS);
    const torn = log.filter((line) => !/^(id-\d+) starts, \1 goes on, \1 ends$/.test(line));
    expect(torn).toEqual([]);
  });

  it('keep their errors to themselves', async () => {
    const log: string[] = [];
    const handler = toLambdaHandler(
      async (environ, startResponse) => {
        await awhile();
        if (environ.PATH_INFO.endsWith('7')) throw new Error(`broken ${environ.PATH_INFO}`);
        startResponse('200 OK', []);
        await awhile();
        return [encode(environ.PATH_INFO)];
      },
      { log: (message) => log.push(message) },
    );
    const statuses = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const reply = await handler(lambdaEvent('http-api-2', { target: `/${index}` }));
        return (reply as { statusCode: number }).statusCode;
      }),
    );
    for (const [index, status] of statuses.entries()) {
      expect(status, String(index)).toBe(index % 10 === 7 ? 500 : 200);
    }
    expect(log).toHaveLength(50);
    for (const line of log) expect(line).toMatch(/^GET (\/\d*7): Error: broken \1\n/);
  });
});
