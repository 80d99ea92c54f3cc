/**
 * `Headers` of the Fetch standard (section "Headers class") without undici, which takes 14 to 25 ms
 * to load.
 */
import { memoize } from '../../base/memoize.ts';
import { nameOfKey } from '../../core/request/environ-keys.ts';
import { isToken, lowerCase } from '../../http/headers.ts';
import type { Environ } from '../../types.ts';
import { foldedHeaders, plainHeader } from '../../core/request/request-headers.ts';
import { type RequestSource } from './direct.ts';
import { HeadersIterator } from './headers-iterator.ts';
import { showAs } from './custom-inspect.ts';

const SET_COOKIE = 'set-cookie';
/** Shared and never changed: most headers have no cookies. */
const NO_COOKIES: string[] = [];

type Entry = [name: string, value: string];

export class LightHeaders {
  /**
   * Values by lower-case name, those of a repeated name already combined, in the order in which the
   * names came. Made on first use. A client controls how many there are, and a list that is
   * searched for each name takes quadratic time.
   */
  #values: Map<string, string> | undefined;
  /** The one header whose values stay apart. */
  #cookies = NO_COOKIES;
  /** The request whose headers these are, as long as they have been neither changed nor listed. */
  #source: RequestSource | undefined;
  /** What iteration shows, made by the first iteration and kept up to date by each change. */
  #sorted: Entry[] | undefined;
  #immutable = false;

  constructor(init?: unknown) {
    if (init !== undefined) this.#fill(init);
  }

  /** The headers of a request, looked up where they are as they are asked for. */
  static of(source: RequestSource): LightHeaders {
    const headers = new LightHeaders();
    headers.#source = source;
    return headers;
  }

  /** The same headers once more, whatever iterator an application has given to these. */
  static copy(headers: LightHeaders): LightHeaders {
    const copy = new LightHeaders();
    copy.#take(headers);
    return copy;
  }

  /**
   * Refuses changes from now on, as the headers of `Response.error()` and `Response.redirect()` do.
   */
  static freeze(headers: LightHeaders): LightHeaders {
    headers.#immutable = true;
    return headers;
  }

  /**
   * Calls `use` with each header in the order in which the names came, and with each cookie after
   * those.
   */
  static each(headers: LightHeaders, use: (name: string, value: string) => void): void {
    for (const [name, value] of headers.#listed()) use(name, value);
    for (const cookie of headers.#cookies) use(SET_COOKIE, cookie);
  }

  /** Adds a header, its name in lower case, where there is none of this name. */
  static add(headers: LightHeaders, name: string, value: string): void {
    if (headers.#value(name) === null) headers.#add(name, value);
  }

  static isLight(value: unknown): value is LightHeaders {
    return typeof value === 'object' && value !== null && #values in value;
  }

  append(name: string, value: string): void {
    expectArguments(arguments.length, 2, 'append');
    const key = headerName(name, 'append');
    this.#add(key, headerValue(value, key, 'append'));
  }

  delete(name: string): void {
    expectArguments(arguments.length, 1, 'delete');
    const key = headerName(name, 'delete');
    this.#changing().delete(key);
    if (key === SET_COOKIE) this.#cookies = NO_COOKIES;
    this.#resort(key);
  }

  get(name: string): string | null {
    expectArguments(arguments.length, 1, 'get');
    return this.#get(headerName(name, 'get'));
  }

  getSetCookie(): string[] {
    this.#listed();
    return [...this.#cookies];
  }

  has(name: string): boolean {
    expectArguments(arguments.length, 1, 'has');
    return this.#get(headerName(name, 'has')) !== null;
  }

  set(name: string, value: string): void {
    expectArguments(arguments.length, 2, 'set');
    const key = headerName(name, 'set');
    const text = headerValue(value, key, 'set');
    const values = this.#changing();
    if (key === SET_COOKIE) this.#cookies = [text];
    else values.set(key, text);
    this.#resort(key);
  }

  forEach(
    callback: (value: string, name: string, headers: LightHeaders) => void,
    thisArgument?: unknown,
  ): void {
    expectArguments(arguments.length, 1, 'forEach');
    if (typeof callback !== 'function') {
      throw new TypeError("Failed to execute 'forEach' on 'Headers': the callback is no function");
    }
    for (let index = 0; ; index++) {
      const entry = this.#combined()[index];
      if (!entry) return;
      callback.call(thisArgument, entry[1], entry[0], this);
    }
  }

  /** Sorted by name, values of a name combined, `Set-Cookie` apart. Changes on the way are seen. */
  entries(): HeadersIterator<Entry> {
    return new HeadersIterator(
      () => this.#combined(),
      ([name, value]) => [name, value],
    );
  }

  keys(): HeadersIterator<string> {
    return new HeadersIterator(
      () => this.#combined(),
      ([name]) => name,
    );
  }

  values(): HeadersIterator<string> {
    return new HeadersIterator(
      () => this.#combined(),
      ([, value]) => value,
    );
  }

  declare [Symbol.iterator]: () => HeadersIterator<Entry>;

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  /** WebIDL: each part is read once, in this order, and nothing is added before all of them are. */
  #fill(init: unknown): void {
    if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
      throw new TypeError(
        "Failed to construct 'Headers': the init is a list of pairs, a record or Headers",
      );
    }
    const iterator: unknown = Reflect.get(init, Symbol.iterator);
    if (LightHeaders.isLight(init) && iterator === LightHeaders.prototype.entries) this.#take(init);
    else {
      const pairs =
        typeof iterator === 'function'
          ? pairsOf(() => Reflect.apply(iterator, init, []) as unknown)
          : membersOf(init);
      for (const [name, value] of pairs) {
        const key = headerName(name, 'constructor');
        this.#add(key, headerValue(value, key, 'constructor'));
      }
    }
  }

  #take(headers: LightHeaders): void {
    this.#values = new Map(headers.#listed());
    if (headers.#cookies.length > 0) this.#cookies = [...headers.#cookies];
  }

  #add(key: string, value: string): void {
    const values = this.#changing();
    if (key === SET_COOKIE) {
      if (this.#cookies.length > 0) this.#cookies.push(value);
      else this.#cookies = [value];
    } else {
      const before = values.get(key);
      values.set(key, before === undefined ? value : `${before}, ${value}`);
    }
    this.#resort(key);
  }

  /** @throws {TypeError} when these must not be changed */
  #changing(): Map<string, string> {
    if (this.#immutable) throw new TypeError('these Headers are immutable');
    return this.#listed();
  }

  #listed(): Map<string, string> {
    const source = this.#source;
    if (source) {
      const values =
        (source.parts && foldedHeaders(source.parts)) ?? environHeaders(source.environ);
      this.#source = undefined;
      const cookie = values.get(SET_COOKIE);
      if (cookie !== undefined) this.#cookies = [cookie];
      values.delete(SET_COOKIE);
      this.#values = values;
    }
    return (this.#values ??= new Map<string, string>());
  }

  #get(key: string): string | null {
    const source = this.#source;
    if (source) {
      const { parts } = source;
      if (!parts) return environValue(source.environ, key);
      const plain = plainHeader(parts, key);
      if (plain !== undefined) return plain;
    }
    return this.#value(key);
  }

  #value(key: string): string | null {
    const values = this.#listed();
    if (key !== SET_COOKIE) return values.get(key) ?? null;
    return this.#cookies.length > 0 ? this.#cookies.join(', ') : null;
  }

  #combined(): readonly Entry[] {
    this.#sorted ??= [...this.#listed(), ...this.#cookieEntries()].sort(byName);
    return this.#sorted;
  }

  #cookieEntries(): Entry[] {
    return this.#cookies.map((cookie) => [SET_COOKIE, cookie]);
  }

  /**
   * Changes one name in the sorted entries: to sort them anew is quadratic in a loop that deletes
   * each.
   */
  #resort(key: string): void {
    const sorted = this.#sorted;
    if (!sorted) return;
    const start = indexIn(sorted, key);
    let end = start;
    while (sorted[end]?.[0] === key) end++;
    const value = this.#values?.get(key);
    const entries: Entry[] = value === undefined ? [] : [[key, value]];
    sorted.splice(start, end - start, ...(key === SET_COOKIE ? this.#cookieEntries() : entries));
  }
}

// The standard has one function for both.
Object.defineProperty(LightHeaders.prototype, Symbol.iterator, {
  configurable: true,
  writable: true,
  value: LightHeaders.prototype.entries,
});

showAs(LightHeaders.prototype, 'Headers', (headers) => Object.fromEntries(headers));

function byName([one]: Entry, [other]: Entry): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Where the first entry of a name is in the sorted ones, or would be. */
function indexIn(sorted: readonly Entry[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.[0] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

// ── What headers are made of ────────────────────────────────────────────────────────────────────

/** WebIDL, `sequence<sequence<ByteString>>`. @throws {TypeError} for what is no pair */
function pairsOf(iterate: () => unknown): Entry[] {
  const pairs: Entry[] = [];
  for (const pair of { [Symbol.iterator]: iterate } as Iterable<unknown>) {
    const both = isIterable(pair) ? Array.from(pair, byteString) : [];
    const [name, value] = both;
    if (name === undefined || value === undefined || both.length > 2) {
      throw new TypeError("Failed to construct 'Headers': each item is a pair of name and value");
    }
    pairs.push([name, value]);
  }
  return pairs;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** WebIDL, `record<ByteString, ByteString>`: each own property is looked at once, and read once. */
function membersOf(init: object): Entry[] {
  const members: Entry[] = [];
  for (const name of Reflect.ownKeys(init)) {
    if (!Object.prototype.propertyIsEnumerable.call(init, name)) continue;
    members.push([byteString(name), byteString(Reflect.get(init, name))]);
  }
  return members;
}

// ── Names and values ────────────────────────────────────────────────────────────────────────────

function expectArguments(came: number, wanted: number, method: string): void {
  if (came >= wanted) return;
  throw new TypeError(
    `Failed to execute '${method}' on 'Headers': ${wanted} argument${wanted > 1 ? 's' : ''} required, but only ${came} present`,
  );
}

/** In lower case; `''` for what is no token. */
const checkedName: (name: string) => string = memoize((name) =>
  isToken(name) ? lowerCase(name) : '',
);

/** @throws {TypeError} for what is no token */
function headerName(name: unknown, method: string): string {
  const text = byteString(name);
  const key = checkedName(text);
  if (key === '') {
    throw new TypeError(
      `Headers.${method}: ${JSON.stringify(text.slice(0, 60))} is an invalid header name.`,
    );
  }
  return key;
}

const PLAIN_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const UNFIT_VALUE = /[\0\r\n]/;
const NOT_A_BYTE = /[^\x00-\xff]/;

/**
 * The value without the white space around it.
 *
 * @throws {TypeError} for what would end the header, and for what is no ByteString
 */
function headerValue(value: unknown, key: string, method: string): string {
  if (typeof value === 'string' && PLAIN_VALUE.test(value)) return value;
  const text = trimmed(byteString(value));
  if (UNFIT_VALUE.test(text)) {
    throw new TypeError(
      `Headers.${method}: the value of ${key} has a line break or NUL; an invalid header value.`,
    );
  }
  return text;
}

/** WebIDL, `ByteString`. @throws {TypeError} for a symbol, and for a character above U+00FF */
function byteString(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('a header is made of strings; got a symbol');
  const text = typeof value === 'string' ? value : String(value);
  if (NOT_A_BYTE.test(text)) {
    throw new TypeError(
      `a header is made of bytes; ${JSON.stringify(text.slice(0, 60))} has a character above U+00FF`,
    );
  }
  return text;
}

/** HTTP white space only; `trim()` would take a no-break space, which is a byte like any other. */
function trimmed(value: string): string {
  const blank = (index: number): boolean => '\t\n\r '.includes(value[index] ?? 'x');
  let start = 0;
  let end = value.length;
  while (start < end && blank(start)) start++;
  while (end > start && blank(end - 1)) end--;
  return value.slice(start, end);
}

// ── Environ ─────────────────────────────────────────────────────────────────────────────────────

/** `accept-language` → `HTTP_ACCEPT_LANGUAGE`. */
const keyOf: (name: string) => string = memoize((name) => {
  // A name with an underscore must not reach the header that is spelt with a dash.
  if (name.includes('_')) return '';
  const key = name.toUpperCase().replaceAll('-', '_');
  return key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' ? key : `HTTP_${key}`;
});

function environValue(environ: Environ, name: string): string | null {
  const key = keyOf(name);
  // Own keys: an environ that a middleware has spread into a literal inherits from
  // Object.prototype.
  const value = Object.hasOwn(environ, key) ? environ[key] : undefined;
  return typeof value === 'string' ? value : null;
}

function environHeaders(environ: Environ): Map<string, string> {
  const values = new Map<string, string>();
  for (const key of Object.keys(environ)) {
    const name = nameOfKey(key);
    const value = environ[key];
    if (name !== '' && typeof value === 'string') values.set(name, value);
  }
  return values;
}
