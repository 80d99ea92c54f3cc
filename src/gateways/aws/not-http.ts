/**
 * Events that are no HTTP requests. The error says what came, because a refusal without a reason
 * helps no one to mend it.
 */
import { describe } from '../../base/bytes.ts';
import { escapeLogText } from '../../http/log-format.ts';
import { isObject, type LambdaEvent } from './source.ts';

/**
 * Such an event has a method, a path and headers like a request, but its answer is a policy. So
 * this is checked first.
 */
export function isAuthorizer(event: LambdaEvent): boolean {
  return (
    (event.type === 'REQUEST' || event.type === 'TOKEN') &&
    typeof (event.methodArn ?? event.routeArn) === 'string'
  );
}

/** What an event is, what to do about it, and how it is recognised. */
const KINDS: readonly (readonly [title: string, matches: (event: LambdaEvent) => unknown])[] = [
  ['a Lambda authorizer request, whose answer is a policy', isAuthorizer],
  [
    'a Lambda@Edge response event (attach the function to viewer-request or origin-request)',
    (event) => event.Records?.[0]?.cf,
  ],
  [
    'a WebSocket API event (WSGI has no frames)',
    ({ requestContext: context }) => context?.connectionId && context.eventType,
  ],
  ['a batch of records', (event) => event.Records ?? event.records],
  ['an EventBridge event', (event) => event['detail-type']],
  ['CloudWatch Logs data', (event) => event.awslogs],
  ['a Cognito trigger', (event) => event.triggerSource],
  ['an Alexa request', (event) => event.session && event.request],
  ['an AppSync resolver call', (event) => event.info && event.arguments],
];

/**
 * The error for an event that no HTTP source recognises. It says what the event is, where that is
 * known, and what to do.
 */
export function notHttp(event: unknown): TypeError {
  const kind = isObject(event) ? KINDS.find(([, matches]) => matches(event)) : undefined;
  if (kind) {
    const { eventSource, EventSource = '' } = (event as LambdaEvent).Records?.[0] ?? {};
    const service = escapeLogText(String(eventSource ?? EventSource));
    return refusal(
      service ? `${kind[0]} from ${service}` : kind[0],
      'Give it a function of its own',
    );
  }
  const names = isObject(event) ? Object.keys(event).slice(0, 12).join(', ') || 'none' : undefined;
  const keys = names === undefined ? '' : `, with the keys ${escapeLogText(names)}`;
  return refusal(
    describe(event) + keys,
    'Looked for REST API, HTTP API 1.0 and 2.0, function URL, ALB, VPC Lattice and Lambda@Edge; ' +
      '`gatecall generate-event` makes true events',
  );
}

function refusal(what: string, advice: string): TypeError {
  return new TypeError(`not an HTTP request: got ${what}. ${advice}`);
}
