/** Light objects that pass for the platform's own. */
import { LightHeaders } from './headers.ts';
import { LightRequest } from './request.ts';

/**
 * Makes `instanceof Request` and `instanceof Headers` true of light objects, and `new Request(request)` work as far as the platform lets
 * it. The globals are looked at, never changed.
 */
export function linkToGlobals(): void {
  derive(LightHeaders.prototype, Headers);
  if (!derive(LightRequest.prototype, Request)) return;
  // undici up to version 6 (Node 20 and 22) keeps what it knows of a request under symbols, which its constructor reads.
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

/** False where there is nothing to do: the global is the light class itself. */
function derive(light: object, global: { readonly prototype: object }): boolean {
  if (light === global.prototype || Object.getPrototypeOf(light) === global.prototype) return false;
  Object.setPrototypeOf(light, global.prototype);
  Object.defineProperty(light, 'constructor', {
    value: global,
    configurable: true,
    writable: true,
  });
  return true;
}
