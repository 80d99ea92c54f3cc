/**
 * The platform's own `fetch` and `Response`, as they were before the light classes took the place
 * of the globals.
 */
import type { ResponseClass } from '../fetch/body.ts';

type Fetch = (input: unknown, init?: RequestInit) => Promise<Response>;

export const nativeFetch: Fetch = (globalThis as unknown as { fetch: Fetch }).fetch;

/**
 * Loads undici, so that only what needs it asks for it: to read the global `Response` would load it
 * at once.
 */
export async function findNativeResponse(): Promise<ResponseClass> {
  return (await nativeFetch('data:,')).constructor as ResponseClass;
}
