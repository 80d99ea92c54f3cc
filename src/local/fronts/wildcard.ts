/** Patterns as AWS writes them: `*` is any number of characters, `?` is one. */
export function fitsWildcard(pattern: string, text: string, flags: '' | 'i' = ''): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  const expression = escaped.replace(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, `s${flags}`).test(text);
}
