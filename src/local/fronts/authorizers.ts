/** Authorizers: Lambda and JWT authorizers, and those that are not enforced here. */
import type { LambdaRequest } from '../../aws-model.ts';
import type { Authorizer } from '../project.ts';
import type { Access } from './access.ts';
import type { FrontRequest } from './front.ts';
import { askJwt } from './jwt.ts';
import { askLambda } from './lambda-authorizer.ts';
import type { Services } from './services.ts';

/**
 * `payload` is the payload format of the function's own event, which holds the authorizer's
 * context.
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
