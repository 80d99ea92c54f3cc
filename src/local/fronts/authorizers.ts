/** Who may pass: Lambda authorizers, JWT authorizers, and those that cannot be had here. */
import type { LambdaRequest } from '../../aws-model.ts';
import type { Authorizer } from '../project.ts';
import type { Access } from './access.ts';
import type { FrontRequest } from './front.ts';
import { askJwt } from './jwt.ts';
import { askLambda } from './lambda-authorizer.ts';
import type { Services } from './services.ts';

/**
 * `payload` is how the function's own event is written, and with it the authorizer's context in it.
 */
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
