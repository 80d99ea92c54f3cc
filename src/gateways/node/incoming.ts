/**
 * Requests whose `headers` are made on first use. Node's own server reads `headers.expect` of every
 * request, and so makes the whole object, in 3 of the 28 µs of a small request. The environ comes
 * from `rawHeaders`, and the object would not be read again.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** TypeScript takes `headers` for a field, which an accessor cannot override. */
type Base = new (socket: Socket) => Omit<IncomingMessage, 'headers'>;

/**
 * A class of requests for `createServer`. Code that reads their headers, such as tracing tools,
 * gets what `base` has.
 */
export function withLazyHeaders(base: typeof IncomingMessage): typeof IncomingMessage {
  return class extends (base as unknown as Base) {
    #headers: IncomingHttpHeaders | undefined;

    get headers(): IncomingHttpHeaders {
      return (this.#headers ??= new Proxy({}, new LazyHeaders(this, base.prototype)));
    }

    set headers(headers: IncomingHttpHeaders) {
      this.#headers = headers;
    }
  } as unknown as typeof IncomingMessage;
}

type Name = string | symbol;

/** Answers for names that were not sent, and makes the object for the rest. */
class LazyHeaders implements ProxyHandler<IncomingHttpHeaders> {
  readonly #request: { readonly rawHeaders: readonly string[] };
  readonly #prototype: IncomingMessage;
  #made: IncomingHttpHeaders | undefined;

  constructor(request: { readonly rawHeaders: readonly string[] }, prototype: IncomingMessage) {
    this.#request = request;
    this.#prototype = prototype;
  }

  get(_target: object, name: Name): unknown {
    return this.#lacks(name) ? undefined : Reflect.get(this.#headers, name);
  }

  has(_target: object, name: Name): boolean {
    // What was sent is there, whatever its value becomes.
    return this.#made || typeof name !== 'string'
      ? Reflect.has(this.#headers, name)
      : this.#sent(name) || name in Object.prototype;
  }

  set(_target: object, name: Name, value: unknown): boolean {
    return Reflect.set(this.#headers, name, value);
  }

  deleteProperty(_target: object, name: Name): boolean {
    return Reflect.deleteProperty(this.#headers, name);
  }

  defineProperty(_target: object, name: Name, property: PropertyDescriptor): boolean {
    return Reflect.defineProperty(this.#headers, name, property);
  }

  getOwnPropertyDescriptor(_target: object, name: Name): PropertyDescriptor | undefined {
    return Reflect.getOwnPropertyDescriptor(this.#headers, name);
  }

  ownKeys(): Name[] {
    return Reflect.ownKeys(this.#headers);
  }

  get #headers(): IncomingHttpHeaders {
    return (this.#made ??= Reflect.get(this.#prototype, 'headers', this.#request));
  }

  #lacks(name: Name): boolean {
    if (this.#made || typeof name !== 'string' || name in Object.prototype) return false;
    return !this.#sent(name);
  }

  #sent(name: string): boolean {
    const { rawHeaders } = this.#request;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const sent = rawHeaders[index] ?? '';
      if (sent.length === name.length && sent.toLowerCase() === name) return true;
    }
    return false;
  }
}
