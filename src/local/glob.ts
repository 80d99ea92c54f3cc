/**
 * Patterns as AWS writes them: `*` matches any run of characters, `?` matches one.
 *
 * The pattern is the template's or an authorizer's, the text is the client's. A regular expression
 * made of the pattern backtracks: `*a*a*a*b` took 4 s for a path of 1,000 bytes. Two positions and
 * the place of the last star need at most pattern × text steps.
 */
export function matchesGlob(pattern: string, text: string, flags: '' | 'i' = ''): boolean {
  if (flags === 'i') return matchesGlob(pattern.toLowerCase(), text.toLowerCase());
  let at = 0;
  let inPattern = 0;
  /** The last `*`, and where the text that it skips ends. */
  let star = -1;
  let skipped = 0;
  while (at < text.length) {
    // A star in the text is an ordinary character, a star in the pattern never is.
    if (pattern[inPattern] === '*') {
      star = inPattern++;
      skipped = at;
    } else if (pattern[inPattern] === '?' || pattern[inPattern] === text[at]) {
      inPattern++;
      at++;
    } else if (star >= 0) {
      inPattern = star + 1;
      at = ++skipped;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}
