/** What `console.log` shows of light objects, which keep nothing in properties of their own. */

type Inspect = (value: unknown, options: unknown) => string;

/** Through the symbol that Node looks for, and Deno and Bun with it. */
export function showAs<T extends object>(
  prototype: T,
  name: string,
  members: (object: T) => unknown,
): void {
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
    configurable: true,
    value(this: T, _depth: number, options: unknown, inspect?: Inspect): unknown {
      const shown = this === prototype ? {} : members(this);
      return inspect ? `${name} ${inspect(shown, options)}` : shown;
    },
  });
}
