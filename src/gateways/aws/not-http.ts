/** Events that are no HTTP requests, told by name, because "never a silent 200" is worth little without a reason. */
import { describe } from '../../bytes.ts';
import type { LambdaEvent } from './source.ts';

interface NotHttp {
  title: string;
  advice: string;
  matches(event: LambdaEvent): boolean;
}

const OWN_HANDLER = 'give this trigger a handler of its own';

/** Looked at before the HTTP sources: such an event has a method, a path and headers as well, yet its answer is a policy. */
export const authorizer: NotHttp = {
  title: 'a Lambda authorizer request',
  advice: 'answer it with an authorizer function: an HTTP reply would be taken for a broken policy',
  matches: (event) =>
    typeof (event.methodArn ?? event.routeArn) === 'string' &&
    (event.type === 'REQUEST' || event.type === 'TOKEN'),
};

const OTHERS: readonly NotHttp[] = [
  {
    title: 'a Lambda@Edge response event',
    advice: 'attach the function to viewer-request or origin-request',
    matches: (event) => Boolean(event.Records?.[0]?.cf),
  },
  {
    title: 'a WebSocket API event',
    advice:
      'WSGI has no frames; handle $connect, $default and $disconnect in a function of their own',
    matches: ({ requestContext }) =>
      typeof requestContext?.connectionId === 'string' &&
      typeof requestContext.eventType === 'string',
  },
  {
    title: 'a batch of records',
    advice: OWN_HANDLER,
    matches: (event) => Array.isArray(event.Records) || has(event, 'records'),
  },
  {
    title: 'an EventBridge event',
    advice: OWN_HANDLER,
    matches: (event) => has(event, 'detail-type'),
  },
  { title: 'CloudWatch Logs data', advice: OWN_HANDLER, matches: (event) => has(event, 'awslogs') },
  {
    title: 'a Cognito trigger',
    advice: OWN_HANDLER,
    matches: (event) => has(event, 'triggerSource'),
  },
  {
    title: 'an Alexa request',
    advice: OWN_HANDLER,
    matches: (event) => has(event, 'session') && has(event, 'request'),
  },
  {
    title: 'an AppSync resolver call',
    advice: OWN_HANDLER,
    matches: (event) => has(event, 'info') && has(event, 'arguments'),
  },
  {
    title: 'an HTTP-like event without resource and requestContext',
    advice:
      'AWS never sends such an event; make a true one with `gatecall generate-event rest-api`',
    matches: (event) => typeof event.httpMethod === 'string',
  },
];

/** The error for an event that no HTTP source recognises: what it is, as far as can be told, and what to do. */
export function notHttp(event: unknown): TypeError {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return refusal(
      describe(event),
      'this handler answers HTTP requests: invoke it through API Gateway, a function URL, an ALB, VPC Lattice or CloudFront, or with an event of `gatecall generate-event`',
    );
  }
  const kind = [authorizer, ...OTHERS].find((one) => one.matches(event));
  if (kind) return refusal(titleOf(kind, event), kind.advice);
  const keys = Object.keys(event).slice(0, 12).join(', ') || 'none';
  return refusal(
    'an event of no known HTTP source',
    `looked for REST API, HTTP API 1.0 and 2.0, function URL, ALB, VPC Lattice and Lambda@Edge; its keys: ${keys}. Invoke with an event of \`gatecall generate-event\``,
  );
}

function titleOf(kind: NotHttp, event: LambdaEvent): string {
  const record = event.Records?.[0];
  const service = record?.eventSource ?? record?.EventSource;
  return typeof service === 'string' ? `${kind.title} from ${service}` : kind.title;
}

function refusal(what: string, advice: string): TypeError {
  return new TypeError(`not an HTTP request: got ${what}; ${advice}`);
}

function has(event: object, key: string): boolean {
  return Object.hasOwn(event, key);
}
