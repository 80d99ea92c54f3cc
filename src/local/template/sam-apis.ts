/** The APIs of SAM with their events, and the implicit API of events that name none. */
import {
  type Evaluated,
  eventsOf,
  type FunctionEvent,
  implicitApi,
  ofType,
  type Stack,
} from './stack.ts';
import { child } from './tree.ts';
import { textAt } from './values.ts';

export interface SamApi {
  readonly api: Evaluated;
  readonly events: readonly FunctionEvent[];
}

export const IMPLICIT_REST_API = 'ServerlessRestApi';

const KINDS = {
  HttpApi: { type: 'AWS::Serverless::HttpApi', property: 'ApiId', implicit: 'ServerlessHttpApi' },
  Api: { type: 'AWS::Serverless::Api', property: 'RestApiId', implicit: IMPLICIT_REST_API },
} as const;

/** The APIs of a type of event, which is also the name of their section in `Globals`. */
export function samApis(stack: Stack, kind: 'HttpApi' | 'Api'): SamApi[] {
  const { type, property, implicit } = KINDS[kind];
  const events = new Map<string, FunctionEvent[]>();
  for (const event of eventsOf(stack, kind)) {
    const owner = { notes: stack.notes, resource: event.functionId };
    const id = textAt(owner, event.properties, property) ?? implicit;
    const list = events.get(id);
    if (list) list.push(event);
    else events.set(id, [event]);
  }
  const apis = ofType(stack, type);
  const own = events.get(implicit) ?? [];
  if (own[0] && !stack.resources.has(implicit)) {
    apis.push(implicitApi(implicit, child(stack.globals, kind), own[0].place));
  }
  const found = apis.map((api) => ({ api, events: events.get(api.id) ?? [] }));
  const known = new Set(apis.map(({ id }) => id));
  for (const [id, foreign] of events) {
    if (!known.has(id)) for (const event of foreign) sayForeign(stack, event, id);
  }
  return found;
}

/** Notes an event of an API that is not in this template. */
function sayForeign(stack: Stack, event: FunctionEvent, api: string): void {
  // SAM adds the permission for such an API, which has its own routes.
  if (/^AWS::ApiGateway(V2)?::(Rest)?Api$/.test(stack.resources.get(api)?.type ?? '')) return;
  const message = `event ${event.name} of ${event.functionId} belongs to ${api}, which is no API of this template`;
  stack.notes.warning('route-target', message, {
    place: event.place,
    resource: event.functionId,
    fix: 'it is left out here',
  });
}
