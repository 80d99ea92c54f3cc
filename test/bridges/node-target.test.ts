/** What `req.url` may be: below every mount and of every path, a target of the host it came to. */
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromNodeListener } from '../../src/bridges/node.ts';
import { callApplication } from '../../src/core/call.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { createGatewayRequest } from '../../src/core/gateway-request.ts';
import type { RequestParts } from '../../src/core/request/request-parts.ts';
import { mount } from '../../src/middleware/mount.ts';
import type { Application, Environ } from '../../src/types.ts';

type Target = IncomingMessage & { originalUrl?: string; baseUrl?: string };

const server = { errors: errorStream(() => {}) };

async function targetsOf(
  parts: Partial<RequestParts>,
  basePath: string[],
  wrap: (application: Application) => Application = (application) => application,
  change: (environ: Environ) => void = () => {},
): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = [];
  const application = wrap(
    fromNodeListener((request, response) => {
      const { url, originalUrl, baseUrl } = request as Target;
      seen.push(url, originalUrl, baseUrl);
      response.end();
    }),
  );
  const whole = { method: 'GET', rawPath: '/', headers: { host: 'host' }, ...parts };
  const environ = createEnviron(whole, { ...server, basePath });
  change(environ);
  await callApplication(application, environ);
  await callApplication(application, createGatewayRequest(whole, { ...server, basePath }));
  return seen;
}

const MOUNTS = ['/api', '/a b', '/é', '/api/v1'];
const piece = fc.constantFrom(
  '%2f',
  '%2F',
  '/',
  '//',
  '\\',
  '@',
  '.',
  '..',
  ':',
  '*',
  '?',
  '#',
  '%',
  '%5C',
  '%00',
  'é',
  'evil.example',
  'x',
  'api',
  '/api',
  '/api%2F',
  '%40',
  ';',
  '日',
  '\ud800',
  ' ',
  '\t',
  '',
);
const path = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc
    .tuple(fc.constantFrom(...MOUNTS), fc.array(piece, { maxLength: 5 }))
    .map(([mount, pieces]) => mount + pieces.join('')),
  fc.string({ unit: 'grapheme' }),
);

describe('the target', () => {
  it('stays on its host, below every mount, whatever the path', async () => {
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.subarray(MOUNTS),
        fc.constantFrom(undefined, '/live', '/é'),
        fc.boolean(),
        fc.option(path, { nil: undefined }),
        async (rawPath, basePath, scriptName, mounted, moved) => {
          const wrap = (application: Application): Application =>
            mounted ? mount({ '/api': application, '/': application }) : application;
          const targets = await targetsOf({ rawPath, scriptName }, basePath, wrap, (environ) => {
            if (moved !== undefined) environ.PATH_INFO = Buffer.from(moved).toString('latin1');
          });
          expect(targets.length).toBeGreaterThanOrEqual(3);
          for (const target of targets.filter((it) => it !== undefined)) {
            if (target === '' || target === targets[2] || target === targets[5]) continue;
            expect(target[0]).toBe('/');
            expect(new URL(`http://host${target}`).host).toBe('host');
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it.each([
    ['/api%2f@evil.example/x', '/@evil.example/x', '/api%2f@evil.example/x'],
    ['/api%2F.evil.example', '/.evil.example', '/api%2F.evil.example'],
    ['/api//evil.example', '//evil.example', '/api//evil.example'],
    ['/api', '/', '/api'],
  ])('of %s below /api is %s', async (rawPath, url, originalUrl) => {
    const [seenUrl, seenOriginal] = await targetsOf({ rawPath }, ['/api']);
    expect([seenUrl, seenOriginal]).toEqual([url, originalUrl]);
  });

  it('is * for OPTIONS alone', async () => {
    expect((await targetsOf({ method: 'OPTIONS', rawPath: '*' }, []))[0]).toBe('*');
    expect((await targetsOf({ rawPath: '*' }, []))[0]).toBe('/*');
  });

  it('decides that an encoded slash ends a base path, as in PATH_INFO', () => {
    const parts = { method: 'GET', rawPath: '/v1%2Fpets', headers: {} };
    const environ = createEnviron(parts, { ...server, basePath: ['/v1'] });
    expect([environ.SCRIPT_NAME, environ.PATH_INFO, environ['gatecall.raw_path']]).toEqual([
      '/v1',
      '/pets',
      '/pets',
    ]);
    const twice = { ...parts, rawPath: '/v1%252Fpets' };
    expect(createEnviron(twice, { ...server, basePath: ['/v1'] }).SCRIPT_NAME).toBe('');
  });

  it('has no originalUrl where nothing is mounted, so that a rewritten url counts', async () => {
    expect(await targetsOf({ rawPath: '/a' }, [])).toEqual([
      '/a',
      undefined,
      undefined,
      '/a',
      undefined,
      undefined,
    ]);
    const seen = await targetsOf({ rawPath: '/a', scriptName: '/live' }, []);
    expect(seen.slice(0, 3)).toEqual(['/a', '/live/a', '/live']);
  });
});
