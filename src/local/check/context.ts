/** The input of each check. */
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
  /** The module of a function's handler; undefined where it cannot be found. */
  readonly sourceOf: (id: string) => Source | undefined;
}

/** A way to a function: a route, a URL, a rule of a load balancer. */
export interface Way {
  readonly front: Front;
  readonly functionId: string;
  /** `GET /items of DemoApi` */
  readonly name: string;
  readonly place: Place;
  readonly stream: boolean;
  /** How long the front waits in ms; undefined if it waits until the function's timeout. */
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

/** The place of a function's property, else of the function. */
export function placeOf(definition: FunctionDefinition, property: string): Place {
  return definition.places?.[property] ?? definition.place;
}
