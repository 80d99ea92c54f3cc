/**
 * Requests of the platform's own class, for where no others can be copied (decisions/010-light-requests.md), without what takes longest about
 * them: undici follows a signal by a WeakRef and a finalizer, which keep each request until the next major collection.
 */
import type { AbortSignalLike } from '../../core/abort.ts';
import { LightRequest } from './request.ts';

/** A request of the platform that is the same as a light one, which an interruption aborts. */
type Standard = (request: LightRequest, interruption: AbortSignalLike | undefined) => Request;

/** What `Request` is: to Node's types it is an interface, whose members no class could replace. */
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

let known: Standard | undefined;

/** Made by the first bridge that needs it: naming `Request` loads undici. */
export function nativeRequests(): Standard {
  known ??= canAbort() ? bySubclass() : LightRequest.standard;
  return known;
}

function bySubclass(): Standard {
  class StandardRequest extends (Request as unknown as typeof RequestClass) {
    readonly #light: LightRequest;
    readonly #interruption: AbortSignalLike;
    /** Has the same body, and reads it past its stream; not of a clone, whose body is one of two streams. */
    #reader: LightRequest | undefined;

    constructor(
      input: string | Request,
      init: RequestInit | undefined,
      light: LightRequest,
      interruption: AbortSignalLike,
    ) {
      super(input, init);
      this.#light = light;
      this.#reader = typeof input === 'string' ? light : undefined;
      this.#interruption = interruption;
      // Copies follow the signal inside.
      if (interruption.aborted) this.#abort();
      interruption.addEventListener('abort', () => this.#abort(), { once: true });
    }

    /** Made when it is asked for. */
    override get signal(): AbortSignal {
      return this.#light.signal;
    }

    override clone(): Request {
      const clone = super.clone();
      this.#reader = undefined;
      return new StandardRequest(clone, UNFOLLOWED, this.#light, this.#interruption) as never;
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
      abort(super.signal, this.#interruption.reason);
    }
  }
  Object.defineProperty(StandardRequest.prototype, 'constructor', { value: Request });

  return (light, interruption) => {
    if (!interruption) return LightRequest.standard(light);
    const init = LightRequest.init(light);
    const request = new StandardRequest(light.url, init, light, interruption) as never as Request;
    return LightRequest.addHeaders(request, light);
  };
}

const UNFOLLOWED = { signal: null };

/** What the controller of a signal would do, where nobody has it: what followers look at, and what they wait for. */
function abort(signal: AbortSignal, reason: unknown): void {
  Object.defineProperties(signal, { aborted: { value: true }, reason: { value: reason } });
  signal.dispatchEvent(new Event('abort'));
}

/** Tried out, with copies made before and after. */
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
