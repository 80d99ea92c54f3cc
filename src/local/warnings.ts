/**
 * Warnings of what AWS would do otherwise: headers that a front renames or drops, bytes that arrive
 * as base64, cookies that get lost. The rules are those of AWS's documentation and of recorded
 * events, one list a direction: `warnings/request.ts` from client to function, `warnings/reply.ts`
 * back.
 *
 * ```ts
 * const warnings = warningsOf(trace, { binaryMediaTypes: ['image/*'] });
 * traces.put({ ...trace, state: 'done', warnings });
 * ```
 */
import type { InvocationTrace, Warning } from './trace.ts';
import { type FrontSettings, replyWarnings } from './warnings/reply.ts';
import { requestWarnings } from './warnings/request.ts';

export type { FrontSettings } from './warnings/reply.ts';

/** The part of a trace that the rules look at. */
export type Invocation = Pick<
  InvocationTrace,
  'source' | 'streamed' | 'request' | 'event' | 'environ' | 'startResponse' | 'reply' | 'limits'
>;

/**
 * The warnings for one invocation, those for its request first. Without a reply there are only
 * these.
 */
export function warningsOf(invocation: Invocation, front: FrontSettings = {}): Warning[] {
  return [
    ...requestWarnings(invocation),
    ...replyWarnings(invocation, front),
    ...limitWarnings(invocation),
  ];
}

/** Warn from this share of a limit on: larger data will exceed it soon. */
const NEAR = 0.8;

function limitWarnings({ limits }: Invocation): Warning[] {
  return limits
    .filter(({ used, limit }) => limit > 0 && used / limit >= NEAR)
    .map(({ name, used, limit, unit }) => ({
      code: used > limit ? 'over-limit' : 'near-limit',
      message: `${name}: ${Math.round((used / limit) * 100)} % of the ${limit} ${unit} allowed`,
    }));
}
