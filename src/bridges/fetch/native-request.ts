/**
 * Requests of the platform's own class, for platforms on which no others can be copied
 * (decisions/010-light-requests.md). They do without what takes longest: undici follows a signal by
 * a WeakRef and a finalizer, which keep each request until the next major collection.
 */
import type { AbortSignalLike } from '../../core/abort.ts';
import { LightRequest } from './request.ts';

/** Makes a request of the platform that is the same as a light one and aborts with a signal. */
type MakeNative = (request: LightRequest, signal: AbortSignalLike | undefined) => Request;

/**
 * `Request` as a class: in Node's types it is an interface, whose accessors no subclass may
 * override.
 */
declare class RequestClass {
  constructor(input: string | Request, init?: RequestInit);
  get signal(): AbortSignal;
  clone(): Request;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array>;
  formData(): Promise<FormData>;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

let known: MakeNative | undefined;

/** Made by the first bridge that needs it: reading the global `Request` loads undici. */
export function nativeRequests(): MakeNative {
  known ??= canAbort() ? bySubclass() : LightRequest.native;
  return known;
}

function bySubclass(): MakeNative {
  class NativeRequest extends (Request as unknown as typeof RequestClass) {
    readonly #light: LightRequest;
    readonly #signal: AbortSignalLike;
    /** Reads the same body past its stream. A clone has none: its body is one of two streams. */
    #reader: LightRequest | undefined;

    constructor(
      input: string | Request,
      init: RequestInit | undefined,
      light: LightRequest,
      signal: AbortSignalLike,
    ) {
      super(input, init);
      this.#light = light;
      this.#reader = typeof input === 'string' ? light : undefined;
      this.#signal = signal;
      // Copies follow the signal inside.
      if (signal.aborted) this.#abort();
      signal.addEventListener('abort', () => this.#abort(), { once: true });
    }

    /** Made on first use. */
    override get signal(): AbortSignal {
      return this.#light.signal;
    }

    override clone(): Request {
      const clone = super.clone();
      this.#reader = undefined;
      return new NativeRequest(clone, UNFOLLOWED, this.#light, this.#signal) as never;
    }

    override arrayBuffer(): Promise<ArrayBuffer> {
      return this.#reader?.arrayBuffer() ?? super.arrayBuffer();
    }

    override blob(): Promise<Blob> {
      return this.#reader?.blob() ?? super.blob();
    }

    override bytes(): Promise<Uint8Array> {
      return this.#reader?.bytes() ?? super.bytes();
    }

    override formData(): Promise<FormData> {
      return this.#reader?.formData() ?? super.formData();
    }

    override json(): Promise<unknown> {
      return this.#reader?.json() ?? super.json();
    }

    override text(): Promise<string> {
      return this.#reader?.text() ?? super.text();
    }

    #abort(): void {
      abort(super.signal, this.#signal.reason);
    }
  }
  Object.defineProperty(NativeRequest.prototype, 'constructor', { value: Request });

  return (light, signal) => {
    if (!signal) return LightRequest.native(light);
    const init = LightRequest.init(light);
    const request = new NativeRequest(light.url, init, light, signal) as never as Request;
    return LightRequest.addHeaders(request, light);
  };
}

const UNFOLLOWED = { signal: null };

/**
 * Aborts a signal whose controller cannot be reached: copies look at `aborted` and `reason`, and
 * wait for the event.
 */
function abort(signal: AbortSignal, reason: unknown): void {
  Object.defineProperties(signal, { aborted: { value: true }, reason: { value: reason } });
  signal.dispatchEvent(new Event('abort'));
}

/** Whether {@link abort} works, tried with copies made before and after. */
function canAbort(): boolean {
  try {
    const request = new Request('http://localhost/');
    const before = new Request(request);
    abort(request.signal, 'tried');
    const after = new Request(request);
    return before.signal.reason === 'tried' && after.signal.reason === 'tried';
  } catch {
    return false;
  }
}
