/** What comes of asking an authorizer. */
import { type FrontAnswer, gatewayAnswer } from './front.ts';

/** Let in, with what the function is told of the client; or not. */
export type Access =
  | { readonly refused: FrontAnswer }
  | { readonly context: Record<string, unknown> | undefined };

/** API Gateway's answer to nobody. */
export function refuseUnauthorized(problem: string, challenge?: string): { refused: FrontAnswer } {
  const headers = challenge === undefined ? [] : [['www-authenticate', challenge] as const];
  return { refused: gatewayAnswer(401, 'Unauthorized', problem, headers) };
}

export function refuseForbidden(problem: string, message = 'Forbidden'): { refused: FrontAnswer } {
  return { refused: gatewayAnswer(403, message, problem) };
}
