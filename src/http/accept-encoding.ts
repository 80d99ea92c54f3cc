/** What a client accepts (RFC 9110 section 12.5). */
import { listItems } from './headers.ts';
import type { NativeString } from '../types.ts';

/**
 * The content coding to answer with. `offers` are in the server's order of preference. Undefined
 * for none, also if the client refuses everything: it gets the body as it is rather than an error.
 *
 * ```ts
 * chooseEncoding('gzip, br;q=0.9, *;q=0', ['br', 'gzip']); // 'gzip'
 * ```
 */
export function chooseEncoding<coding extends string>(
  accepted: NativeString | undefined,
  offers: readonly coding[],
): coding | undefined {
  if (accepted === undefined) return undefined;
  const weights = weigh(accepted);
  // A client that does not name `identity` still takes it.
  let best = weights.get('identity') ?? 0;
  let chosen: coding | undefined;
  for (const offer of offers) {
    const weight = weights.get(offer) ?? weights.get(`x-${offer}`) ?? weights.get('*') ?? 0;
    // With equal weights a coding wins over no coding.
    if (weight > 0 && (chosen === undefined ? weight >= best : weight > best)) {
      best = weight;
      chosen = offer;
    }
  }
  return chosen;
}

/** Names in lower case, each with its weight. A malformed weight counts as 0. */
function weigh(list: NativeString): ReadonlyMap<string, number> {
  return new Map(
    listItems(list).map((item) => {
      const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
      const weight = parameters.find((part) => /^q=/i.test(part));
      return [name.toLowerCase(), weight === undefined ? 1 : weightOf(weight.slice(2))] as const;
    }),
  );
}

function weightOf(text: string): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
