/** What `console.log` shows of light objects: nothing is in properties of their own. */

export type Inspect = (value: unknown, options: unknown) => string;

/** Node's, which Deno and Bun know too. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

export function inspected(
  name: string,
  shown: unknown,
  options: unknown,
  inspect: Inspect | undefined,
): unknown {
  return inspect ? `${name} ${inspect(shown, options)}` : shown;
}
