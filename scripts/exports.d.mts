interface Export {
  /** The file in src/ without its ending. */
  source: string;
  node: 'alone' | 'pair' | 'shared' | 'tests';
}
export const list: Record<string, Export>;
export function exportsMap(): Record<string, unknown>;
