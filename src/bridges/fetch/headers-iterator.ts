/**
 * What `keys()`, `values()` and `entries()` of `Headers` return (WebIDL, "Iterator prototype
 * object").
 */

type Entry = readonly [name: string, value: string];

export class HeadersIterator<T> {
  readonly #entries: () => readonly Entry[];
  readonly #show: (entry: Entry) => T;
  #index = 0;

  /** @param entries is asked at every step: headers may change while they are iterated */
  constructor(entries: () => readonly Entry[], show: (entry: Entry) => T) {
    this.#entries = entries;
    this.#show = show;
  }

  next(): IteratorResult<T, undefined> {
    const entry = this.#entries()[this.#index];
    if (!entry) return { done: true, value: undefined };
    this.#index++;
    return { done: false, value: this.#show(entry) };
  }

  /** Inherited from the prototype of all iterators. */
  declare readonly [Symbol.iterator]: () => this;
}

const { prototype } = HeadersIterator;
Object.setPrototypeOf(
  prototype,
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object,
);
Reflect.deleteProperty(prototype, 'constructor');
Object.defineProperty(prototype, 'next', { enumerable: true });
Object.defineProperty(prototype, Symbol.toStringTag, {
  configurable: true,
  value: 'Headers Iterator',
});
