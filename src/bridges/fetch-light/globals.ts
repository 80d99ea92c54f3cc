/** Putting the light classes in the place of the globals. */
import { LightHeaders } from '../fetch/headers.ts';
import { LightRequest } from '../fetch/request.ts';
import { nativeFetch } from './native-fetch.ts';
import { Request } from './request.ts';
import { LightResponse } from './response.ts';

export function replaceGlobals(): void {
  replace('Headers', named(LightHeaders, 'Headers'));
  replace('Request', named(Request, 'Request'));
  replace('Response', named(LightResponse, 'Response'));
  replace('fetch', fetch);
}

/**
 * Without looking at what is there: on Node 22 and later the globals are lazy data properties, and
 * reading or redefining one loads undici. Deleting does not.
 */
function replace(name: string, value: unknown): void {
  Reflect.deleteProperty(globalThis, name);
  Object.defineProperty(globalThis, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: name === 'fetch',
  });
}

/**
 * Under the standard's name, and recognising the platform's own objects, which `fetch()` still
 * gives.
 */
function named<T extends abstract new (...given: never[]) => object>(type: T, name: string): T {
  Object.defineProperty(type, 'name', { value: name });
  Object.defineProperty(type.prototype, 'constructor', {
    value: type,
    writable: true,
    configurable: true,
  });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
      return this === type && Object.prototype.toString.call(value) === `[object ${name}]`;
    },
  });
  return type;
}

/** undici would take a light request for a URL. */
function fetch(input: unknown, init?: RequestInit): Promise<Response> {
  return LightRequest.isLight(input)
    ? nativeFetch(input.url, {
        ...LightRequest.init(input),
        signal: input.signal,
        headers: [...input.headers],
        ...init,
      })
    : nativeFetch(input, init);
}
