/**
 * Real frameworks: one application, asked the same behind node:http, behind the bridge and as a
 * Lambda function.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeApplication, NodeListener } from '../../src/bridges/node.ts';
import type { TestRequestOptions } from '../../src/aws-model/message.ts';
import { optional } from '../optional.ts';
import { type Answer, behindBridge, behindLambda, behindNode, ownHeaders } from './differential.ts';

/** What a module of test/frameworks/apps makes. */
interface Prepared {
  /** What the bridge is given. */
  application: NodeApplication;
  /** What a server is given; left out where that is the same. */
  listener?: NodeListener;
  /** Lines the application has written, to be compared as well. */
  log?: string[];
  start?(): Promise<void>;
  stop?(): Promise<void>;
  requests: TestRequestOptions[];
}

const folder = fileURLToPath(new URL('../frameworks/', import.meta.url));
const installed = optional(
  'frameworks',
  existsSync(`${folder}node_modules/express`),
  'npm ci --ignore-scripts --prefix test/frameworks',
);
const apps = [
  'express5',
  'express4',
  'connect',
  'koa',
  'fastify',
  'nest-express',
  'nest-fastify',
  'hapi',
  'polka',
  'restana',
  'apollo',
  'trpc',
];

it('has a test for every application', () => {
  const found = readdirSync(`${folder}apps`)
    .map((file) => basename(file, '.mjs'))
    .filter((name) => name !== 'support' && !name.endsWith('-app'));
  expect(found.sort()).toEqual([...apps].sort());
});

describe.runIf(installed).each(apps)('%s', (name) => {
  let prepared: Prepared;
  beforeAll(async () => {
    const module = (await import(
      /* @vite-ignore */ pathToFileURL(`${folder}apps/${name}.mjs`).href
    )) as { create(): Prepared | Promise<Prepared> };
    prepared = await module.create();
    await prepared.start?.();
  });
  afterAll(() => prepared.stop?.());

  it.each([
    ['the bridge itself', behindBridge],
    ['a REST API', behindLambda.bind(undefined, 'rest-api')],
    ['a function URL', behindLambda.bind(undefined, 'function-url')],
    ['a load balancer', behindLambda.bind(undefined, 'alb-multi')],
  ] as const)('answers through %s as behind node:http', async (name, behind) => {
    expect(prepared.requests.length).toBeGreaterThan(4);
    const listener = prepared.listener ?? (prepared.application as NodeListener);
    const wrong: object[] = [];
    for (const request of prepared.requests) {
      // REST APIs do not tell that a client sent an empty body.
      if (name === 'a REST API' && request.headers?.some(([name]) => name === 'Content-Length'))
        continue;
      const node = await behindNode(listener, withHost(request));
      await setTimeout(prepared.log ? 1 : 0);
      const nodeLog = prepared.log?.splice(0);
      const bridge = await behind(prepared.application, withHost(request));
      // What hangs on `finish` comes after the answer.
      const due = nodeLog?.length ?? 0;
      for (let wait = 0; wait < 50 && (prepared.log?.length ?? 0) < due; wait++)
        await setTimeout(2);
      const bridgeLog = prepared.log?.splice(0);
      if (node.broken) {
        // Where node:http can only hang up, a gateway still has an answer to give.
        if (!bridge.broken || bridge.status !== 500) wrong.push({ request, got: bridge });
        continue;
      }
      // A REST API adds a type to every answer that has none.
      const without = node.headers.some(([name]) => /^content-type$/i.test(name))
        ? []
        : ['content-type'];
      const expected = { ...seen(node, without), log: nodeLog };
      const got = { ...seen(bridge, without), log: bridgeLog };
      if (!isDeepStrictEqual(got, expected))
        wrong.push({ request, ...difference(got, expected), errors: bridge.log });
    }
    expect(wrong).toEqual([]);
  });
});

/**
 * As a client of a load balancer or an API would: by its name, and not encrypted, for node:http is
 * not.
 */
function withHost({ headers = [], ...request }: TestRequestOptions): TestRequestOptions {
  return {
    scheme: 'http',
    clientAddress: '127.0.0.1',
    ...request,
    headers: [['Host', 'example.com'], ...headers],
  };
}

function seen(answer: Answer, without: readonly string[]): object {
  const headers: Record<string, string> = {};
  for (const [name, value] of ownHeaders(answer, without)) {
    // API Gateway renames what it has uses of its own for.
    const lower = name.toLowerCase().replace(/^x-amzn-remapped-/, '');
    if (lower === 'date') continue;
    headers[lower] = lower in headers ? `${headers[lower]}, ${value}` : value;
  }
  return { status: answer.status, headers, body: answer.body.toString('latin1') };
}

/** The members of two answers that differ. */
function difference(got: object, expected: object): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(expected)) {
    const other = (got as Record<string, unknown>)[key];
    if (!isDeepStrictEqual(other, value)) found[key] = { got: other, expected: value };
  }
  return found;
}
