/** Node's own modules, on hosts that have them. */

/** The part of `process` that is used; the core knows no Node types. */
interface BuiltinHost {
  process?: { getBuiltinModule?(id: string): unknown };
}

/**
 * A Node module at the moment it is needed. Not an `import`: a module that names one cannot be
 * loaded, or bundled, for a host without it, and one that is not used would cost every cold start.
 *
 * @throws {Error} where the host has no such module
 */
export function nodeModule(id: `node:${string}`, maker: string): unknown {
  const module = (globalThis as BuiltinHost).process?.getBuiltinModule?.(id);
  if (module !== undefined) return module;
  throw new Error(
    `${maker} needs ${id}, which this host has not; it is there on Node, Deno and Bun, and on Workers with nodejs_compat`,
  );
}
