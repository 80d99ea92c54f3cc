/** Reads members of unknown JSON: a function's reply, a front's event. */
import type { InvocationTrace } from '../trace.ts';

export type Members = Readonly<Record<string, unknown>>;
export type Pair = readonly [name: string, value: string];

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is an object, else one without members. */
export function membersOf(value: unknown, name: string): Members {
  const member = isMembers(value) ? value[name] : undefined;
  return isMembers(member) ? member : {};
}

/** The name of a front in a sentence. */
export function frontTitle(source: string): string {
  return TITLES.get(source) ?? source;
}

const TITLES: ReadonlyMap<string, string> = new Map([
  ['rest-api', 'a REST API'],
  ['http-api-1', 'an HTTP API'],
  ['http-api-2', 'an HTTP API'],
  ['function-url', 'a function URL'],
  ['alb', 'a load balancer with single-value headers'],
  ['alb-multi', 'a load balancer'],
  ['lattice-1', 'VPC Lattice'],
  ['lattice-2', 'VPC Lattice'],
  ['edge-viewer', 'CloudFront'],
  ['edge-origin', 'CloudFront'],
]);

/** The first value of a header, its name given in lower case. */
export function valueOf(headers: readonly Pair[], lowerName: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === lowerName)?.[1];
}

/** `image/png` of `Image/PNG; q=1`. */
export function mediaType(value: string | undefined): string {
  return (value ?? '').split(/[;,]/, 1)[0]?.trim().toLowerCase() ?? '';
}

/** The header lines in all header maps of a reply. */
export function replyHeaders(reply: unknown): Pair[] {
  const lines: Pair[] = [];
  for (const map of ['multiValueHeaders', 'headers']) {
    for (const [name, value] of Object.entries(membersOf(reply, map))) {
      for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
        // Lambda@Edge has { key, value }.
        const text = isMembers(one) ? one['value'] : one;
        if (text !== null && text !== undefined) lines.push([name.toLowerCase(), String(text)]);
      }
    }
  }
  const cookies = isMembers(reply) ? reply['cookies'] : undefined;
  if (Array.isArray(cookies)) for (const one of cookies) lines.push(['set-cookie', String(one)]);
  return lines;
}

/** The headers the application announced, those of its last call. */
export function announcedHeaders({
  startResponse,
}: Pick<InvocationTrace, 'startResponse'>): readonly Pair[] {
  return startResponse?.at(-1)?.headers ?? [];
}

/** Names that come more than once, in lower case. */
export function repeatedNames(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
  return [...seen].filter(([, times]) => times > 1).map(([name]) => name);
}
