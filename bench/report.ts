/** Tables for people, in Markdown, so that they can go into a README or an issue as they are. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  console.log(line(head));
  console.log(line(head.map((_, index) => (index === 0 ? '---' : '---:'))));
  for (const row of rows) console.log(line(row));
  console.log();
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
