/** Light objects that pass for the platform's own. */
import { LightHeaders } from './headers.ts';
import { LightRequest } from './request.ts';

/**
 * Makes `instanceof Request` and `instanceof Headers` true of light objects, and `new Request(request)` work where the platform lets it. The
 * globals are looked at, never changed.
 *
 * @returns whether a light request can be copied with `new Request(request)`
 */
export function linkToGlobals(): boolean {
  // Nothing to do, or to try out, where the global is the light class itself.
  if ((Request.prototype as unknown) === LightRequest.prototype) return true;
  derive(LightHeaders.prototype, Headers);
  if (derive(LightRequest.prototype, Request)) passOnSymbols();
  return isCopied();
}

/** undici up to version 6 (Node 20 and 22) keeps what it knows of a request under symbols, which its constructor reads. */
function passOnSymbols(): void {
  const example = new Request('http://localhost/');
  for (const symbol of Object.getOwnPropertySymbols(example)) {
    Object.defineProperty(LightRequest.prototype, symbol, {
      configurable: true,
      get(this: LightRequest) {
        return (LightRequest.standard(this) as unknown as Record<symbol, unknown>)[symbol];
      },
    });
  }
}

/** Tried out: undici 7 (Node 24) looks for private fields, which nothing but its own constructor can make. */
function isCopied(): boolean {
  const light = new LightRequest({
    method: 'PUT',
    url: 'http://localhost/',
    headers: new LightHeaders({ 'x-copied': 'yes' }),
    content: null,
  });
  try {
    const copy = new Request(light as unknown as Request);
    return copy.method === 'PUT' && copy.headers.get('x-copied') === 'yes';
  } catch {
    return false;
  }
}

/** False where it has been done. */
function derive(light: object, global: { readonly prototype: object }): boolean {
  if (Object.getPrototypeOf(light) === global.prototype) return false;
  Object.setPrototypeOf(light, global.prototype);
  Object.defineProperty(light, 'constructor', {
    value: global,
    configurable: true,
    writable: true,
  });
  return true;
}
