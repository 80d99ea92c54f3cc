/**
 * What AWS's fronts say about the client's connection, in headers that they set or overwrite
 * themselves.
 */
import { readAddress } from '../../http/address.ts';
import { lowerCase } from '../../http/headers.ts';
import { type EventMap, hasValue } from './event-maps.ts';

/** How a front spells its headers: API Gateway's payload 1.0 with capitals, all others without. */
export type Spelling = 'capitalised' | 'lower-case';

/**
 * The headers that fronts write, at the place of their length less 15: each has a length of its
 * own.
 */
const FRONT: Readonly<Record<Spelling, readonly string[]>> = {
  'lower-case': ['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'],
  capitalised: ['X-Forwarded-For', 'X-Forwarded-Port', 'X-Forwarded-Proto'],
};
const SHORTEST = 15;
const LONGEST = 17;
const LETTER_F = 102;

/**
 * The headers without a second spelling of what the front wrote. Two spellings are two members of a
 * map, and one header of an environ: a client's `x-forwarded-proto` beside the front's
 * `X-Forwarded-Proto` would become part of its value.
 */
export function withFrontHeaders(headers: EventMap, spelling: Spelling): EventMap {
  const written = FRONT[spelling];
  let others: string[] | undefined;
  for (const name of Object.keys(headers)) {
    if (name.length < SHORTEST || name.length > LONGEST) continue;
    // Of `x-forwarded`. To ask for the lower case of each name takes ten times as long.
    if ((name.charCodeAt(2) | 32) !== LETTER_F) continue;
    const own = written[name.length - SHORTEST] ?? '';
    if (own === name || lowerCase(own) !== lowerCase(name)) continue;
    if (hasValue(headers, own)) (others ??= []).push(name);
  }
  if (!others) return headers;
  const kept = Object.assign(Object.create(null) as Record<string, EventMap[string]>, headers);
  for (const name of others) delete kept[name];
  return kept;
}

/** The last value of a header, given in lower case, in the two spellings that events use. */
function lastValue(headers: EventMap, name: string): string | undefined {
  const capitalised = FRONT.capitalised[name.length - SHORTEST] ?? '';
  const known = Object.hasOwn(headers, name) ? name : capitalised;
  const value = Object.hasOwn(headers, known) ? headers[known] : undefined;
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
}

/** `x-forwarded-proto`, its first token; undefined unless it is http or https. */
export function forwardedScheme(headers: EventMap): 'http' | 'https' | undefined {
  const value = lastValue(headers, 'x-forwarded-proto');
  if (value === 'https' || value === 'http') return value;
  const token = value?.split(',', 1)[0]?.trim().toLowerCase();
  return token === 'https' || token === 'http' ? token : undefined;
}

export function forwardedPort(headers: EventMap): string | undefined {
  return lastValue(headers, 'x-forwarded-port');
}

/**
 * The client's address from `x-forwarded-for`: its last entry, which the load balancer appended.
 * The first entry is the client's own text. An ALB set to `preserve` appends nothing, so what is no
 * address counts as none. A port, which an ALB can add, is taken off.
 */
export function forwardedFor(headers: EventMap): string | undefined {
  const value = lastValue(headers, 'x-forwarded-for');
  return readAddress(value?.slice(value.lastIndexOf(',') + 1).trim())?.address;
}
