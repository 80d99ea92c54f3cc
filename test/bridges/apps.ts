/**
 * Real frameworks through the bridge and Lambda's event sources, beside what their own `fetch`
 * answers.
 */
import { describe, expect, it } from 'vitest';
import type { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { toLambdaHandler } from '../../src/gateways/aws.ts';
import { lambdaEvent, lambdaResponse, type LambdaSource } from '../../src/aws-model.ts';
import { type AppRequest, fetchApps, makeApps, rawRequests, requests } from '../fetch-apps.ts';

interface Answer {
  status: number;
  headers: [string, string][];
  cookies: string[];
  body: string;
}

const sources: readonly LambdaSource[] = ['function-url', 'rest-api', 'alb-multi', 'http-api-2'];

/** Node's own, whatever the globals are when the tests run. */
export function describeApps(
  title: string,
  bridge: typeof fromFetchHandler,
  own: { Request: typeof Request },
): void {
  describe.runIf(fetchApps)(`applications ${title}`, async () => {
    if (!fetchApps) return;
    const apps = await makeApps();
    for (const [name, app] of Object.entries(apps)) {
      const log: string[] = [];
      const handler = toLambdaHandler(bridge(app), { log: (line) => log.push(line) });
      describe.each(sources)(`${name} on %s`, (source) => {
        const all = source === 'function-url' ? [...requests, ...rawRequests] : requests;
        it.each(all)('$title', async (request) => {
          const event = lambdaEvent(source, {
            ...request,
            headers: [['Host', 'app.example'], ...request.headers],
          });
          const response = lambdaResponse(source, await handler(event, {}), request);
          const expected = await direct(app, request, own.Request);
          expect({
            status: response.status,
            headers: sorted(
              response.headers.filter(
                ([name]) =>
                  name !== 'content-type' || expected.headers.some(([own]) => own === name),
              ),
            ),
            cookies: response.headers
              .filter(([key]) => key === 'set-cookie')
              .map(([, value]) => value),
            body: Buffer.from(response.body).toString('latin1'),
          }).toEqual(expected);
          expect(log).toEqual([]);
        });
      });
    }
  });
}

async function direct(
  app: { fetch: (request: Request) => Response | Promise<Response> },
  request: AppRequest,
  Own: typeof Request,
): Promise<Answer> {
  const { method, target, headers, body } = request;
  const response = await app.fetch(
    new Own(`https://app.example${target}`, {
      method,
      headers: [['Host', 'app.example'], ...headers],
      body: body ?? null,
    }),
  );
  return {
    status: response.status,
    headers: sorted([...response.headers]),
    cookies: response.headers.getSetCookie(),
    body: method === 'HEAD' ? '' : Buffer.from(await response.arrayBuffer()).toString('latin1'),
  };
}

/**
 * Without what the front computes; a missing Content-Type it makes up, too. A byte beyond ASCII is
 * UTF-8 on Lambda, whose replies are text.
 */
function sorted(headers: readonly (readonly [string, string])[]): [string, string][] {
  return headers
    .filter(([name]) => name !== 'set-cookie' && name !== 'content-length')
    .map(([name, value]): [string, string] => [name, value.replace('caf\u00c3\u00a9', 'caf\u00e9')])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
