/** What each check has to look at. */
import type { Front, FunctionDefinition, Place, Project } from '../project.ts';
import type { Notes } from '../template/notes.ts';
import type { Stack } from '../template/stack.ts';
import type { Source } from './source.ts';

export interface CheckContext {
  readonly project: Project;
  readonly stack: Stack;
  readonly notes: Notes;
  readonly today: Date;
  /** The function of a logical id. */
  readonly functionOf: (id: string) => FunctionDefinition | undefined;
  /** The module that a function's handler is in; undefined where it cannot be found or told. */
  readonly sourceOf: (id: string) => Source | undefined;
}

/** A function and a way to it: a route, a URL, a rule of a load balancer. */
export interface Way {
  readonly front: Front;
  readonly functionId: string;
  /** `GET /items of DemoApi` */
  readonly name: string;
  readonly place: Place;
  readonly stream: boolean;
  /** How long the front waits in ms; undefined if as long as the function may run. */
  readonly timeoutMs: number | undefined;
}

export function waysOf({ fronts }: Project): Way[] {
  return fronts.flatMap((front): Way[] => {
    const { kind, id, place } = front;
    if (kind === 'function-url') {
      const { functionId, stream } = front;
      const name = `the function URL of ${functionId}`;
      return [{ front, functionId, name, place, stream, timeoutMs: undefined }];
    }
    if (kind === 'alb') {
      return front.rules.flatMap(({ action, place }): Way[] => {
        if (action.type !== 'function') return [];
        const { functionId } = action;
        const name = `the load balancer's ${id}`;
        return [{ front, functionId, name, place, stream: false, timeoutMs: front.idleTimeoutMs }];
      });
    }
    return front.routes.map((route): Way => {
      const name = `${routeName(route)} of ${id}`;
      const stream = 'stream' in route && route.stream;
      const { functionId, place, timeoutMs } = route;
      return { front, functionId, name, place, stream, timeoutMs };
    });
  });
}

export function routeName({ method, path }: { method: string; path: string }): string {
  return path === '$default' ? '$default' : `${method} ${path}`;
}

/** Where a property of a function stands, else the function. */
export function placeOf(definition: FunctionDefinition, property: string): Place {
  return definition.places?.[property] ?? definition.place;
}
