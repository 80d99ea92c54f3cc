/** Applications that are there later. */
import { isThenable } from '../base/promises.ts';
import { ContractError } from './errors.ts';
import { acceptsGatewayRequest, handRequest } from './gateway-request.ts';
import type { Application } from '../types.ts';

/**
 * What a loader may come with: an application, or a module that exports one as `default` or
 * `application`.
 */
export type Loaded =
  | Application
  | { readonly default: Application }
  | { readonly application: Application };

/**
 * An application that is loaded by the first request: `import()` of a heavy module, or an async
 * factory. It is loaded once per process, however many requests come meanwhile; after a failure the
 * next request tries again.
 *
 * ```ts
 * export const handler = toLambdaHandler(lazy(() => import('./app.js')));
 * ```
 *
 * Loading inside the first request is billed and timed as that request; what may be loaded at
 * start-up is better imported.
 *
 * @throws what the loader throws, into the request that waited for it
 */
export function lazy(load: () => Loaded | PromiseLike<Loaded>): Application {
  let loading: Promise<Application> | undefined;
  let application: Application | undefined;
  const whenLoaded = (call: (loaded: Application) => Answer): Answer => {
    if (application) return call(application);
    loading ??= start(load).then(
      (loaded) => (application = loaded),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading.then(call);
  };
  // The loaded application may be a bridge, which accepts the gateway's request.
  return acceptsGatewayRequest(
    (environ, startResponse) => whenLoaded((loaded) => loaded(environ, startResponse)),
    (request, startResponse) => whenLoaded((loaded) => handRequest(loaded, request, startResponse)),
  );
}

type Answer = ReturnType<Application>;

async function start(load: () => Loaded | PromiseLike<Loaded>): Promise<Application> {
  const result = load();
  const loaded = isThenable(result) ? await result : result;
  const application = applicationOf(loaded);
  if (typeof application !== 'function') {
    throw new ContractError(
      'lazy() takes a function that loads an application, or a module that exports one as default or application; nothing of the kind came',
    );
  }
  return application;
}

function applicationOf(loaded: Loaded): Application | undefined {
  if (typeof loaded === 'function') return loaded;
  const module = loaded as { default?: unknown; application?: unknown } | null | undefined;
  // A CommonJS module seen through import() has its exports under `default`.
  for (const candidate of [module?.default, module?.application]) {
    if (typeof candidate === 'function') return candidate as Application;
    const inner = (candidate as { default?: unknown } | null | undefined)?.default;
    if (typeof inner === 'function') return inner as Application;
  }
  return undefined;
}
