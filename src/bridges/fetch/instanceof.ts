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
  // Nothing to do where the global is the light class itself.
  if ((Request.prototype as unknown) === LightRequest.prototype) return true;
  derive(LightHeaders.prototype, Headers);
  if (derive(LightRequest.prototype, Request)) copied = passOnSymbols();
  return copied;
}

let copied = false;

/**
 * undici up to version 6 (Node 20 and 22) keeps what it knows of a request under symbols, which its constructor reads. undici 7 (Node 24) keeps
 * it in private fields, which nothing but its own constructor can make. To try a copy would take another ms of a cold start.
 *
 * @returns whether there are such symbols
 */
function passOnSymbols(): boolean {
  const symbols = Object.getOwnPropertySymbols(new Request('http://localhost/'));
  if (!symbols.some(({ description }) => description === 'state')) return false;
  for (const symbol of symbols) {
    Object.defineProperty(LightRequest.prototype, symbol, {
      configurable: true,
      get(this: LightRequest) {
        return (LightRequest.standard(this) as unknown as Record<symbol, unknown>)[symbol];
      },
    });
  }
  return true;
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
