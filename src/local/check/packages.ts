/** Finds imported packages that are not deployed. */
import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import type { FunctionDefinition } from '../project.ts';
import { child } from '../template/tree.ts';
import type { CheckContext } from './context.ts';
import { placeIn, readManifest, withImports } from './source.ts';

const BUILTIN = new Set(builtinModules);

/**
 * `sam build` brings what the package.json beside the code lists, and the runtime has the AWS SDK,
 * version 3 since Node 18. Code that esbuild bundles finds its packages when it is built.
 */
export function checkPackages(context: CheckContext): void {
  const { project, stack, notes } = context;
  for (const definition of project.functions) {
    const source = context.sourceOf(definition.id);
    const layers = child(stack.resources.get(definition.id)?.properties, 'Layers');
    if (!source || definition.build || layers) continue;
    const known = dependenciesIn(definition.codeFolder);
    const said = new Set<string>();
    for (const one of withImports(definition.codeFolder, source)) {
      for (const { specifier, offset } of one.imports) {
        const name = packageName(specifier);
        if (name === undefined || said.has(name) || known.has(name)) continue;
        if (inRuntime(name, definition)) continue;
        if (existsSync(join(definition.codeFolder, 'node_modules', name))) continue;
        said.add(name);
        notes.error('missing-package', sentence(name, definition), {
          place: placeIn(one, offset),
          resource: definition.id,
          fix: fixFor(name),
        });
      }
    }
  }
}

function sentence(name: string, { id, runtime }: FunctionDefinition): string {
  return name === 'aws-sdk'
    ? `${id} imports aws-sdk, version 2, which ${runtime} does not have`
    : `${id} imports ${name}, which is neither in the package.json nor in the node_modules of its folder`;
}

function fixFor(name: string): string {
  return name === 'aws-sdk'
    ? 'import the clients of version 3, @aws-sdk/client-…, which the runtime has'
    : `npm install ${name}, in that folder`;
}

/** `@scope/name/file` is of `@scope/name`; undefined for what is no package. */
function packageName(specifier: string): string | undefined {
  if (/^([./#]|node:|data:|file:|https?:)/.test(specifier)) return undefined;
  const [name] = /^(@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  return name === undefined || BUILTIN.has(specifier) || BUILTIN.has(name) ? undefined : name;
}

function inRuntime(name: string, { runtime }: FunctionDefinition): boolean {
  const major = Number(/^nodejs(\d+)/.exec(runtime)?.[1] ?? 0);
  return major >= 18 ? /^@(aws-sdk|smithy)\//.test(name) : name === 'aws-sdk';
}

function dependenciesIn(folder: string): Set<string> {
  const manifest = readManifest(folder, join(folder, 'package.json'));
  return new Set(
    ['name', 'dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => {
      const value = manifest[key];
      if (typeof value === 'string') return [value];
      return typeof value === 'object' && value !== null ? Object.keys(value) : [];
    }),
  );
}
