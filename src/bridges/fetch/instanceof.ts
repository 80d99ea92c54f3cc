/** Makes light objects pass for the platform's own. */
import { LightHeaders } from './headers.ts';
import { LightRequest } from './request.ts';

/**
 * Makes `instanceof Request` and `instanceof Headers` true for light objects, and `new
 * Request(request)` work where the platform lets it. The globals are read, never changed.
 *
 * @returns whether a light request can be copied with `new Request(request)`
 */
export function linkToGlobals(): boolean {
  // Nothing to do where the global is the light class itself.
  if (Object.is(Request.prototype, LightRequest.prototype)) return true;
  derive(LightHeaders.prototype, Headers);
  if (derive(LightRequest.prototype, Request)) copied = passOnSymbols();
  return copied;
}

let copied = false;

/**
 * undici up to version 6 (Node 20 and 22) keeps the state of a request under symbols, which its
 * constructor reads. undici 7 (Node 24) keeps it in private fields, which only its own constructor
 * can make. To try a copy would take another ms of a cold start.
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
        return Reflect.get(LightRequest.native(this), symbol) as unknown;
      },
    });
  }
  return true;
}

/** Returns false where it was done before. */
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
