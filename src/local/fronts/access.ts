/** The verdict of an authorizer. */
import { type FrontAnswer, gatewayAnswer } from './front.ts';

/** A refusal, or what the function's event says of the client. */
export type Access =
  | { readonly refused: FrontAnswer }
  | { readonly context: Record<string, unknown> | undefined };

/** API Gateway's 401, for a request without valid credentials. */
export function refuseUnauthorized(problem: string, challenge?: string): { refused: FrontAnswer } {
  const headers = challenge === undefined ? [] : [['www-authenticate', challenge] as const];
  return { refused: gatewayAnswer(401, 'Unauthorized', problem, headers) };
}

export function refuseForbidden(problem: string, message = 'Forbidden'): { refused: FrontAnswer } {
  return { refused: gatewayAnswer(403, message, problem) };
}
