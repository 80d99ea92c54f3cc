import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpApiFront, HttpApiRoute } from '../../../src/local/project.ts';
import { requireDist } from '../../nodes.ts';
import { makeProject, place, serve, type Served, type TestProject } from '../support.ts';

const route = (method: string, path: string, more: Partial<HttpApiRoute> = {}): HttpApiRoute => ({
  method,
  path,
  functionId: 'Hello',
  payloadFormat: '2.0',
  timeoutMs: 30_000,
  place,
  ...more,
});
const api = (routes: HttpApiRoute[], more: Partial<HttpApiFront> = {}): HttpApiFront => ({
  kind: 'http-api',
  id: 'Api',
  place,
  stage: '$default',
  stageVariables: {},
  routes,
  basePaths: [],
  ...more,
});

let files: TestProject;
beforeAll(() => {
  requireDist();
  files = makeProject({
    'app.mjs':
      'export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });',
  });
});
afterAll(() => files[Symbol.dispose]());

describe('an HTTP API', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(
      files.project(
        [{}],
        [
          api([
            route('GET', '/pets/dog/1'),
            route('GET', '/pets/dog/{id}'),
            route('GET', '/pets/{proxy+}'),
            route('ANY', '/{proxy+}'),
            route('$default', '$default'),
          ]),
        ],
      ),
    );
  });
  afterAll(async () => served[Symbol.asyncDispose]());

  // The examples of the developer guide, "Routing API requests".
  it.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', undefined],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['POST', '/pets/dog/1', 'ANY /{proxy+}', { proxy: 'pets/dog/1' }],
    ['GET', '/', '$default', undefined],
  ])('sends %s %s along %s', async (method, path, routeKey, pathParameters) => {
    const response = await fetch(served.url() + path, { method });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      version: '2.0',
      routeKey,
      rawPath: path,
      ...(pathParameters && { pathParameters }),
    });
  });
});
