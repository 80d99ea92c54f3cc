/** `new Request()` as the Fetch standard has it, for {@link LightRequest}. */
import type { BodyContent } from '../fetch/body.ts';
import { isToken } from '../../http/headers.ts';
import { LightHeaders } from '../fetch/headers.ts';
import { isForbiddenMethod, normalizeMethod } from '../fetch/method.ts';
import { LightRequest, type FetchSettings, type RequestParts, DEFAULTS } from '../fetch/request.ts';
import { extractBody } from './extract-body.ts';

type Init = Readonly<Record<string, unknown>>;

/** Requests of every kind are of one class, whatever they are made of. */
export const Request: (new (input: unknown, init?: unknown) => LightRequest) & {
  prototype: LightRequest;
} = function Request(input: unknown, init?: unknown): object {
  if (!new.target) throw new TypeError("Class constructor Request cannot be invoked without 'new'");
  if (input === undefined) {
    throw new TypeError('Request constructor: 1 argument required, but only 0 present.');
  }
  return Reflect.construct(LightRequest, [partsOf(input, initOf(init))], new.target) as object;
} as never;
Request.prototype = LightRequest.prototype;

function initOf(init: unknown): Init {
  if (init === undefined || init === null) return {};
  if (typeof init !== 'object' && typeof init !== 'function') {
    throw new TypeError('Request constructor: the init is an object');
  }
  return init as Init;
}

function partsOf(input: unknown, init: Init): RequestParts {
  const base = isRequest(input) ? input : undefined;
  const url = base ? base.url : urlOf(input);
  const method = init['method'] === undefined ? (base?.method ?? 'GET') : methodOf(init['method']);
  const headers = headersOf(init['headers'], base?.headers);
  const signal = signalOf(init['signal'], base);
  const parts: RequestParts = { method, url, headers, settings: settingsOf(init, base) };
  parts.content = contentOf(init, base, method, headers);
  if (signal) parts.signal = signal;
  return parts;
}

function headersOf(given: unknown, own: LightHeaders | undefined): LightHeaders {
  if (given !== undefined && given !== null) return new LightHeaders(given);
  return LightHeaders.isLight(own) ? LightHeaders.copy(own) : new LightHeaders(own);
}

/** A light one, or one of the platform's own class, which other libraries may have kept. */
function isRequest(input: unknown): input is LightRequest {
  return (
    LightRequest.isLight(input) || Object.prototype.toString.call(input) === '[object Request]'
  );
}

function urlOf(input: unknown): string {
  let url: URL;
  try {
    url = new URL(String(input));
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${String(input)}`, { cause });
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(
      `Request cannot be constructed from a URL that includes credentials: ${String(input)}`,
    );
  }
  return url.href;
}

/** @throws {TypeError} for what no `Request` may have */
function methodOf(given: unknown): string {
  const method = String(given);
  if (!isToken(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
  if (isForbiddenMethod(method)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  return normalizeMethod(method);
}

function signalOf(given: unknown, base: LightRequest | undefined): AbortSignal | undefined {
  if (given === null) return undefined;
  if (given === undefined) return base?.signal;
  if (!(given instanceof AbortSignal)) {
    throw new TypeError("Failed to construct 'Request': member signal is not of type AbortSignal.");
  }
  return AbortSignal.any([given]);
}

function contentOf(
  init: Init,
  base: LightRequest | undefined,
  method: string,
  headers: LightHeaders,
): BodyContent | null {
  const given = init['body'];
  const inherited = base && given === undefined ? base.body : null;
  const body = given ?? inherited;
  if (body === null || body === undefined) return null;
  if (method === 'GET' || method === 'HEAD') {
    throw new TypeError('Request with GET/HEAD method cannot have body.');
  }
  if (inherited) {
    if (base?.bodyUsed || inherited.locked) {
      throw new TypeError(
        'Cannot construct a Request with a Request object that has already been used.',
      );
    }
    // From here on the body belongs to this request.
    return extractBody(inherited.pipeThrough(new TransformStream())).content;
  }
  const { content, type } = extractBody(body);
  const streams = typeof body === 'object' && (Symbol.asyncIterator in body || 'getReader' in body);
  if (
    streams &&
    !/Blob|File/.test(Object.prototype.toString.call(body)) &&
    init['duplex'] === undefined
  ) {
    throw new TypeError('RequestInit: duplex option is required when sending a body.');
  }
  if (type !== null) LightHeaders.add(headers, 'content-type', type);
  return content;
}

const ALLOWED: { readonly [Name in keyof FetchSettings]?: readonly string[] } = {
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  credentials: ['omit', 'same-origin', 'include'],
  mode: ['cors', 'no-cors', 'same-origin'],
  redirect: ['follow', 'error', 'manual'],
  referrerPolicy: [
    '',
    'no-referrer',
    'no-referrer-when-downgrade',
    'same-origin',
    'origin',
    'strict-origin',
    'origin-when-cross-origin',
    'strict-origin-when-cross-origin',
    'unsafe-url',
  ],
};

function settingsOf(init: Init, base: LightRequest | undefined): FetchSettings {
  let settings: FetchSettings = base
    ? LightRequest.isLight(base)
      ? LightRequest.settings(base)
      : copySettings(base)
    : DEFAULTS;
  for (const name of Object.keys(DEFAULTS) as (keyof FetchSettings)[]) {
    const given = init[name];
    if (given === undefined) continue;
    const value = name === 'keepalive' ? Boolean(given) : String(given);
    const allowed = ALLOWED[name];
    if (allowed && !allowed.includes(value as string)) {
      throw new TypeError(
        `Request constructor: ${String(value)} is not an accepted type. Expected one of ${allowed.join(', ')}.`,
      );
    }
    settings = { ...settings, [name]: value };
  }
  return settings;
}

function copySettings(request: FetchSettings): FetchSettings {
  const { cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy } =
    request;
  return { cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy };
}
