/** Finds missing and duplicate routes. */
import type { HttpApiFront, RestApiFront } from '../project.ts';
import { type CheckContext, routeName } from './context.ts';

export function checkRoutes(context: CheckContext): void {
  for (const front of context.project.fronts) {
    if (front.kind !== 'http-api' && front.kind !== 'rest-api') continue;
    checkRoot(context, front);
    checkTwice(context, front);
  }
}

/** `/{proxy+}` takes everything but the path it hangs on (serverless-express#86 and many more). */
function checkRoot({ notes }: CheckContext, front: HttpApiFront | RestApiFront): void {
  const served = new Set(front.routes.map(({ method, path }) => `${method} ${trimEndSlash(path)}`));
  if (served.has('$default $default')) return;
  for (const route of front.routes) {
    const [, base] = /^(.*)\/\{[^/}]*\+\}$/.exec(route.path) ?? [];
    if (base === undefined) continue;
    const root = base === '' ? '/' : base;
    if (served.has(`${route.method} ${root}`) || served.has(`ANY ${root}`)) continue;
    const message = `${routeName(route)} of ${front.id} does not match ${root} itself, and nothing else does`;
    const own = `{ Path: ${root}, Method: ${route.method} }`;
    const fix =
      front.kind === 'http-api' && root === '/'
        ? `add a route ${own}, or leave out Path and Method for $default`
        : `add a route ${own}`;
    notes.warning('root-route', message, { place: route.place, resource: route.functionId, fix });
  }
}

function trimEndSlash(path: string): string {
  return path === '/' ? path : path.replace(/\/$/, '');
}

function checkTwice({ notes }: CheckContext, front: HttpApiFront | RestApiFront): void {
  const seen = new Map<string, number>();
  for (const route of front.routes) {
    const name = routeName(route);
    const line = seen.get(name);
    if (line !== undefined && line !== route.place.line) {
      const message = `${name} of ${front.id} stands in line ${line} already`;
      notes.error('duplicate-route', message, { place: route.place, resource: route.functionId });
    }
    seen.set(name, route.place.line);
  }
}
