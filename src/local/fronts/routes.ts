/** Which template of a path fits best, as API Gateway chooses. */
import { trimSlashes } from '../template/routes.ts';

/** A path template: `/users/{id}`, `/files/{rest+}`. */
export interface Routed {
  readonly path: string;
}

const GREEDY = /^\{[^{}]+\+\}$/;
const PARAMETER = /^\{[^{}]+\}$/;

/**
 * `['users', '{id}']` of `/users/{id}`, `[]` of `/`. A slash at the end makes an empty last
 * segment.
 */
export function segments(path: string): string[] {
  const inner = path.replace(/^\//, '');
  return inner === '' ? [] : inner.split('/');
}

/**
 * The templates that fit a path, the most specific first: compared from the left, a literal segment
 * beats a parameter, and that beats a greedy one, which takes one segment or more.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function fitting<R extends Routed>(routes: readonly R[], path: readonly string[]): R[] {
  return routes
    .filter((route) => fits(segments(route.path), path))
    .sort((one, other) => compare(segments(one.path), segments(other.path)));
}

function fits(template: readonly string[], path: readonly string[]): boolean {
  const greedy = GREEDY.test(template.at(-1) ?? '');
  if (greedy ? path.length < template.length : path.length !== template.length) return false;
  return template.every((segment, at) => {
    if (GREEDY.test(segment)) return path.slice(at).some((rest) => rest !== '');
    if (PARAMETER.test(segment)) return path[at] !== '';
    return segment === path[at];
  });
}

function compare(one: readonly string[], other: readonly string[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = rank(one[at]) - rank(other[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 3;
  if (GREEDY.test(segment)) return 2;
  return PARAMETER.test(segment) ? 1 : 0;
}

/**
 * The stage or base path in front of a target, and what is left; undefined when it is not there.
 */
export function withoutPrefix(target: string, prefix: string): string | undefined {
  const name = trimSlashes(prefix);
  if (name === '') return target;
  if (!target.startsWith(`/${name}`)) return undefined;
  const rest = target.slice(name.length + 1);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : undefined;
}
