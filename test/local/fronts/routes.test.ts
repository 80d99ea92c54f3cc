import { describe, expect, it } from 'vitest';
import { findRoute } from '../../../src/local/fronts/http-api.ts';
import { findResource } from '../../../src/local/fronts/rest-api.ts';
import { fitting, segments, withoutPrefix } from '../../../src/local/fronts/routes.ts';
import { httpApi, restApi } from '../support.ts';

const best = (templates: string[], path: string): string | undefined =>
  fitting(
    templates.map((it) => ({ path: it })),
    segments(path),
  )[0]?.path;

describe('fitting', () => {
  it.each([
    [['/a/b', '/a/{x}', '/{p+}'], '/a/b', '/a/b'],
    [['/a/{x}', '/{p+}', '/a/b'], '/a/c', '/a/{x}'],
    [['/{p+}', '/a/{x}'], '/a/c/d', '/{p+}'],
    [['/{p+}', '/a/{p+}'], '/a/c/d', '/a/{p+}'],
    // From the left: a literal in front weighs more than one behind.
    [['/{x}/b', '/a/{x}'], '/a/b', '/a/{x}'],
    [['/a/{p+}'], '/a', undefined],
    [['/a/{p+}'], '/a/', undefined],
    [['/{p+}'], '/', undefined],
    [['/'], '/', '/'],
    [['/a'], '/a/', undefined],
    [['/a/{x}'], '/a/', undefined],
    [['/a'], '/A', undefined],
    [['/{p+}'], '//x', '/{p+}'],
  ])('of %j takes for %s %s', (templates, path, expected) => {
    expect(best(templates, path)).toBe(expected);
  });
});

describe('withoutPrefix', () => {
  it.each([
    ['/live/x', 'live', '/x'],
    ['/live', 'live', '/'],
    ['/live?a=1', 'live', '/?a=1'],
    ['/lively', 'live', undefined],
    ['/x', 'live', undefined],
    ['/live//x', '/live/', '//x'],
    ['/x', '', '/x'],
  ])('%s without %s', (target, prefix, expected) => {
    expect(withoutPrefix(target, prefix)).toBe(expected);
  });
});

describe('an HTTP API', () => {
  const { routes } = httpApi([
    { method: 'GET', path: '/a' },
    { method: 'ANY', path: '/a' },
    { method: 'GET', path: '/{p+}' },
    { method: 'GET', path: '/a b/{id}' },
  ]);
  it.each([
    ['GET', '/a', 'GET /a'],
    ['PUT', '/a', 'ANY /a'],
    ['PUT', '/b', undefined],
    ['GET', '/b?x=/a', 'GET /{p+}'],
    // It has decoded the path before it looks for a route.
    ['GET', '/%61', 'GET /a'],
    ['GET', '/a%20b/1', 'GET /a b/{id}'],
    ['GET', '/%E9', 'GET /{p+}'],
  ])('sends %s %s to %s', (method, target, expected) => {
    const route = findRoute(routes, method, target);
    expect(route && `${route.method} ${route.path}`).toBe(expected);
  });
});

describe('a REST API', () => {
  const { routes } = restApi([
    { method: 'GET', path: '/' },
    { method: 'GET', path: '/a' },
    { method: 'ANY', path: '/{p+}' },
  ]);
  it.each([
    ['/', '/'],
    ['/a', '/a'],
    ['/a/', '/a'],
    ['//a', '/a'],
    ['/%61', '/{p+}'],
    ['/b/c', '/{p+}'],
  ])('sends %s to the resource %s', (target, path) => {
    expect(findResource(routes, target).path).toBe(path);
  });
});
