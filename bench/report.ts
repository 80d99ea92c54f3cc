/** What is printed, in Markdown, so that it can go into a file or an issue as it is. */

/** Everything said so far, for `RESULTS.md`. */
export const said: string[] = [];

export function say(line = ''): void {
  said.push(line);
  console.log(line);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  say(line(head));
  say(line(head.map((_, index) => (index === 0 ? '---' : '---:'))));
  for (const row of rows) say(line(row));
  say();
}

/** Three digits that matter. */
export function digits(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function times(value: number): string {
  return Number.isNaN(value) ? '–' : `${value.toFixed(2)}×`;
}

/** A goal beside what was seen. */
export interface Goal {
  what: string;
  goal: string;
  node: string;
  seen: number;
}
