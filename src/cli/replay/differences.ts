/** Where two JSON values differ. */

/**
 * Two lines for each place, `- path: old` and `+ path: new`. A body that is JSON is compared as
 * such.
 */
export function differences(old: unknown, now: unknown, path = ''): string[] {
  const [one, other] = [readable(old, path), readable(now, path)];
  if (isObject(one) && isObject(other) && Array.isArray(one) === Array.isArray(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].flatMap((key) =>
      differences(one[key], other[key], path === '' ? key : `${path}.${key}`),
    );
  }
  if (Object.is(one, other)) return [];
  const name = path === '' ? 'reply' : path;
  return [
    ...(one === undefined ? [] : [`  - ${name}: ${JSON.stringify(one)}`]),
    ...(other === undefined ? [] : [`  + ${name}: ${JSON.stringify(other)}`]),
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function readable(value: unknown, path: string): unknown {
  if (typeof value !== 'string' || path !== 'body') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
