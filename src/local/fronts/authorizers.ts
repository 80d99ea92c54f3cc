/** Who may pass: Lambda authorizers, JWT authorizers, and those that cannot be had here. */
import type { LambdaRequest } from '../../testing/aws.ts';
import type { Authorizer } from '../project.ts';
import { type FrontAnswer, type FrontRequest, gatewayAnswer } from './front.ts';
import { askJwt } from './jwt.ts';
import { askLambda } from './lambda-authorizer.ts';
import type { Services } from './services.ts';

/** Let in, with what the function is told of the client; or not. */
export type Access =
  | { readonly refused: FrontAnswer }
  | { readonly context: Record<string, unknown> | undefined };

/** `payload` is how the function's own event is written, and with it the authorizer's context in it. */
export async function authorize(
  authorizer: Authorizer,
  services: Services,
  request: FrontRequest,
  target: LambdaRequest,
  payload: '1.0' | '2.0',
): Promise<Access> {
  switch (authorizer.type) {
    case 'lambda':
      return await askLambda(authorizer, services, request, target, payload);
    case 'jwt':
      return askJwt(authorizer, services, request);
    case 'not-enforced':
      services.say(`authorizer ${authorizer.name} is not enforced locally: ${authorizer.reason}`);
      return { context: undefined };
  }
}

/** API Gateway's answer to nobody. */
export function unauthorized(problem: string, challenge?: string): { refused: FrontAnswer } {
  const headers = challenge === undefined ? [] : [['www-authenticate', challenge] as const];
  return { refused: gatewayAnswer(401, 'Unauthorized', problem, headers) };
}

export function forbidden(problem: string, message = 'Forbidden'): { refused: FrontAnswer } {
  return { refused: gatewayAnswer(403, message, problem) };
}
