/** What the readers of HTTP APIs and REST APIs share. */
import type { Authorizer, Place } from '../project.ts';
import { child, entries, type Node } from './tree.ts';
import { type Owner, textAt, textsAt } from './values.ts';

export function routeMethod(method: string): string {
  const name = method.toUpperCase();
  return name === '*' || name === 'X-AMAZON-APIGATEWAY-ANY-METHOD' ? 'ANY' : name;
}

export function optionalAuthorizer(authorizer: Authorizer | undefined): {
  authorizer?: Authorizer;
} {
  return authorizer ? { authorizer } : {};
}

/** SAM's default is 2.0; CloudFormation itself has none. */
export function payloadFormat(
  { notes, resource }: Owner,
  version: string | undefined,
  place: Place,
): '1.0' | '2.0' {
  if (version !== undefined && version !== '1.0' && version !== '2.0') {
    const message = `PayloadFormatVersion of ${resource} must be 1.0 or 2.0; it is ${version}`;
    notes.error('payload-format', message, { place, resource, fix: "PayloadFormatVersion: '2.0'" });
  }
  return version === '1.0' ? '1.0' : '2.0';
}

export function variablesAt(
  owner: Owner,
  node: Node | undefined,
  ...path: string[]
): Record<string, string> {
  const section = child(node, ...path);
  return Object.fromEntries(
    entries(section).flatMap(([name]) => {
      const text = textAt(owner, section, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** The base paths of `Domain`; the root of a domain is `''`. */
export function domainPaths(owner: Owner, properties: Node | undefined): string[] {
  if (!child(properties, 'Domain')) return [];
  const paths = textsAt(owner, properties, 'Domain', 'BasePath');
  return paths.length > 0 ? paths.map(trimSlashes) : [''];
}

/** Removes slashes at both ends. API Gateway writes the root as `(none)`. */
export function trimSlashes(path: string): string {
  let [start, end] = [0, path.length];
  while (path[start] === '/') start++;
  while (end > start && path[end - 1] === '/') end--;
  const trimmed = path.slice(start, end);
  return trimmed === '(none)' ? '' : trimmed;
}
