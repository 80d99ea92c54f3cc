/**
 * For tests of applications and of gateways: makers of every source's events, readers of their
 * replies, and the conformance table.
 *
 * ```ts
 * import { lambdaEvent, lambdaResponse } from 'gatecall/testing';
 *
 * const reply = await handler(lambdaEvent('http-api-2', { target: '/hello?name=x' }), {});
 * lambdaResponse('http-api-2', reply).status; // 200
 * ```
 */
export * from './aws-model.ts';
export * from './testing/conformance.ts';
