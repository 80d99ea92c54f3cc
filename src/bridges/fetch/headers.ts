/** `Headers` as the Fetch standard has them (section "Headers class"), without undici, which takes 14 to 25 ms to load. */
import { memoize } from '../../base/memoize.ts';
import { nameOfKey } from '../../core/request/environ-keys.ts';
import { isToken, lowerCase } from '../../http/headers.ts';
import type { Environ } from '../../types.ts';
import { allHeaders, plainHeader, type RequestSource } from './direct.ts';
import { showAs } from './custom-inspect.ts';

/** `[name, value, name, value, …]`, names in lower case, in the order in which they came. */
type Flat = string[];

export class LightHeaders {
  #list: Flat = [];
  /** The request whose headers these are, as long as nobody has changed or listed them. */
  #source: RequestSource | undefined;
  /** As iteration shows them; dropped by every change. */
  #sorted: [string, string][] | undefined;
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

  /** Refuses changes from now on: `Response.error()` and `Response.redirect()` are so. */
  static freeze(headers: LightHeaders): LightHeaders {
    headers.#immutable = true;
    return headers;
  }

  /** Names and values in turn, in the order in which they were added; to be looked at only. */
  static flat(headers: LightHeaders): readonly string[] {
    return headers.#listed();
  }

  /** Adds a header that nobody has set, its name in lower case. */
  static add(headers: LightHeaders, name: string, value: string): void {
    if (headers.#indexOf(name) < 0) headers.#add(name, value);
  }

  static isLight(value: unknown): value is LightHeaders {
    return typeof value === 'object' && value !== null && #list in value;
  }

  append(name: string, value: string): void {
    expectArguments(arguments.length, 2, 'append');
    const key = headerName(name, 'append');
    this.#add(key, headerValue(value, key, 'append'));
  }

  delete(name: string): void {
    expectArguments(arguments.length, 1, 'delete');
    this.#remove(headerName(name, 'delete'));
  }

  get(name: string): string | null {
    expectArguments(arguments.length, 1, 'get');
    const key = headerName(name, 'get');
    const source = this.#source;
    if (source) {
      const { parts: request } = source;
      if (!request) return environValue(source.environ, key);
      const plain = plainHeader(request, key);
      if (plain !== undefined) return plain;
    }
    return this.#joined(key);
  }

  getSetCookie(): string[] {
    const list = this.#listed();
    return list.filter((_, index) => index % 2 === 1 && list[index - 1] === 'set-cookie');
  }

  has(name: string): boolean {
    expectArguments(arguments.length, 1, 'has');
    const key = headerName(name, 'has');
    return this.#source ? this.get(key) !== null : this.#indexOf(key) >= 0;
  }

  set(name: string, value: string): void {
    expectArguments(arguments.length, 2, 'set');
    const key = headerName(name, 'set');
    const text = headerValue(value, key, 'set');
    const list = this.#changing();
    const index = this.#indexOf(key);
    if (index < 0) {
      list.push(key, text);
      return;
    }
    // The first keeps its place, the others go.
    list[index + 1] = text;
    for (let other = list.length - 2; other > index; other -= 2) {
      if (list[other] === key) list.splice(other, 2);
    }
  }

  forEach(
    callback: (value: string, name: string, headers: LightHeaders) => void,
    thisArgument?: unknown,
  ): void {
    expectArguments(arguments.length, 1, 'forEach');
    if (typeof callback !== 'function') {
      throw new TypeError("Failed to execute 'forEach' on 'Headers': the callback is no function");
    }
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  /** Sorted by name, values of a name combined, `Set-Cookie` apart: live, as the standard has it. */
  *entries(): Generator<[string, string], undefined, unknown> {
    for (let index = 0; ; index++) {
      const entry = this.#combined()[index];
      if (!entry) return undefined;
      yield [entry[0], entry[1]];
    }
  }

  *keys(): Generator<string, undefined, unknown> {
    for (const [name] of this.entries()) yield name;
    return undefined;
  }

  *values(): Generator<string, undefined, unknown> {
    for (const [, value] of this.entries()) yield value;
    return undefined;
  }

  [Symbol.iterator](): Generator<[string, string], undefined, unknown> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  #fill(init: unknown): void {
    if (LightHeaders.isLight(init)) {
      this.#list = [...init.#listed()];
      return;
    }
    if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
      throw new TypeError(
        "Failed to construct 'Headers': the init is a list of pairs, a record or Headers",
      );
    }
    if (Symbol.iterator in init) {
      for (const pair of init as Iterable<unknown>) this.#addPair(pair);
      return;
    }
    for (const name of Object.keys(init)) {
      const key = headerName(name, 'constructor');
      const value = (init as Readonly<Record<string, unknown>>)[name];
      // As in a record, where a name that differs in case only is the same name once more.
      this.#add(key, headerValue(value, key, 'constructor'));
    }
    for (const symbol of Object.getOwnPropertySymbols(init)) {
      if (Object.prototype.propertyIsEnumerable.call(init, symbol)) refuseSymbol();
    }
  }

  #addPair(pair: unknown): void {
    const both =
      typeof pair === 'object' && pair !== null && Symbol.iterator in pair
        ? [...(pair as Iterable<unknown>)]
        : [];
    if (both.length !== 2) {
      throw new TypeError("Failed to construct 'Headers': each item is a pair of name and value");
    }
    const key = headerName(both[0], 'constructor');
    this.#add(key, headerValue(both[1], key, 'constructor'));
  }

  #add(key: string, value: string): void {
    this.#changing().push(key, value);
  }

  #remove(key: string): void {
    const list = this.#changing();
    for (let index = list.length - 2; index >= 0; index -= 2) {
      if (list[index] === key) list.splice(index, 2);
    }
  }

  /** @throws {TypeError} when these must not be changed */
  #changing(): Flat {
    if (this.#immutable) throw new TypeError('these Headers are immutable');
    this.#sorted = undefined;
    return this.#listed();
  }

  #listed(): Flat {
    const source = this.#source;
    if (source) {
      this.#list = (source.parts && allHeaders(source.parts)) ?? listOf(source.environ);
      this.#source = undefined;
    }
    return this.#list;
  }

  #indexOf(key: string): number {
    const list = this.#listed();
    for (let index = 0; index < list.length; index += 2) if (list[index] === key) return index;
    return -1;
  }

  #joined(key: string): string | null {
    const list = this.#listed();
    let joined: string | null = null;
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] !== key) continue;
      const value = list[index + 1] ?? '';
      joined = joined === null ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  #combined(): readonly [string, string][] {
    if (this.#sorted) return this.#sorted;
    const list = this.#listed();
    const names = new Set<string>();
    for (let index = 0; index < list.length; index += 2) names.add(list[index] ?? '');
    this.#sorted = [...names]
      .sort()
      .flatMap((name): [string, string][] =>
        name === 'set-cookie'
          ? this.getSetCookie().map((cookie) => [name, cookie])
          : [[name, this.#joined(name) ?? '']],
      );
    return this.#sorted;
  }
}

showAs(LightHeaders.prototype, 'Headers', (headers) => Object.fromEntries(headers));

// ── Names and values ─────────────────────────────────────────────────────────────────────────────────────────────────

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
  const text =
    typeof name === 'string' ? name : String(typeof name === 'symbol' ? refuseSymbol() : name);
  const key = checkedName(text);
  if (key === '') {
    throw new TypeError(
      `Headers.${method}: ${JSON.stringify(text.slice(0, 60))} is an invalid header name.`,
    );
  }
  return key;
}

const PLAIN_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const UNFIT_VALUE = /[\0\r\n]|[^\x00-\xff]/;

/** The value without the white space around it. @throws {TypeError} for what would end the header, or is no ByteString */
function headerValue(value: unknown, key: string, method: string): string {
  if (typeof value === 'string' && PLAIN_VALUE.test(value)) return value;
  const text = trimmed(String(typeof value === 'symbol' ? refuseSymbol() : value));
  if (UNFIT_VALUE.test(text)) {
    throw new TypeError(
      `Headers.${method}: the value of ${key} has a line break, NUL or a character above U+00FF; an invalid header value.`,
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

function refuseSymbol(): never {
  throw new TypeError('a header is made of strings; got a symbol');
}

// ── Environ ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `accept-language` → `HTTP_ACCEPT_LANGUAGE`. */
const keyOf: (name: string) => string = memoize((name) => {
  // A name with an underscore must not reach the header that is spelt with a dash.
  if (name.includes('_')) return '';
  const key = name.toUpperCase().replaceAll('-', '_');
  return key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' ? key : `HTTP_${key}`;
});

function environValue(environ: Environ, name: string): string | null {
  const value = environ[keyOf(name)];
  return typeof value === 'string' ? value : null;
}

/** Name and value in turn. */
function listOf(environ: Environ): Flat {
  const list: Flat = [];
  for (const key of Object.keys(environ)) {
    const name = nameOfKey(key);
    if (name === '') continue;
    const value = environ[key];
    if (typeof value === 'string') list.push(name, value);
  }
  return list;
}
