/**
 * The section `Globals`, merged into each resource as SAM does: maps are joined, lists are put
 * behind the global ones, and anything else replaces it.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
 */
import { callOf } from './intrinsics.ts';
import { type Entry, list, mapping, type Node } from './tree.ts';

/** The part of `Globals` for a type of resource. */
export const GLOBAL_SECTIONS: Readonly<Record<string, string>> = {
  'AWS::Serverless::Function': 'Function',
  'AWS::Serverless::Api': 'Api',
  'AWS::Serverless::HttpApi': 'HttpApi',
};

export function withGlobals(global: Node | undefined, own: Node | undefined): Node | undefined {
  if (!global || !own) return own ?? global;
  if (global.kind === 'list' && own.kind === 'list') {
    return list(own.place, [...global.items, ...own.items]);
  }
  if (global.kind !== 'map' || own.kind !== 'map') return own;
  if (callOf(global) || callOf(own)) return own;
  const merged = new Map<string, Entry>(global.entries);
  for (const [key, entry] of own.entries) {
    const value = withGlobals(merged.get(key)?.value, entry.value) ?? entry.value;
    merged.set(key, { place: entry.place, value });
  }
  return mapping(own.place, merged);
}
