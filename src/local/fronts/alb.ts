/**
 * Application Load Balancers.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
import { BlockList, isIPv6 } from 'node:net';
import type { Header } from '../../types.ts';
import type { LoadBalancerCondition, LoadBalancerFront, LoadBalancerRule } from '../project.ts';
import {
  type FrontAnswer,
  type FrontHandler,
  type FrontRequest,
  headerOf,
  lambdaRequest,
  pageAnswer,
  splitTarget,
} from './front.ts';
import { invokeTarget } from './invocation.ts';
import { hostNameOf } from './names.ts';
import type { Services } from './services.ts';
import { matchesGlob } from '../glob.ts';

export const albTooLarge: FrontAnswer = pageAnswer(
  413,
  'Request Entity Too Large',
  'the request is over the 1 MB a load balancer sends to Lambda',
);

/** In bytes: the request line, one header, all of them. */
const LINE_LIMIT = 16 * 1024;
const HEADER_LIMIT = 16 * 1024;
const HEADERS_LIMIT = 64 * 1024;
const MOST_FORWARDERS = 30;

export function albHandler(front: LoadBalancerFront, services: Services): FrontHandler {
  return async (request) => {
    const refusal = refuse(request);
    if (refusal) return refusal;
    const rule = front.rules.find(({ conditions }) => conditions.every((it) => meets(request, it)));
    if (!rule) return pageAnswer(503, 'Service Temporarily Unavailable', 'no rule fits');
    return await act(front, rule, services, request);
  };
}

async function act(
  front: LoadBalancerFront,
  { action }: LoadBalancerRule,
  services: Services,
  request: FrontRequest,
): Promise<FrontAnswer> {
  switch (action.type) {
    case 'function':
      return await invokeTarget(services, request, {
        frontId: front.id,
        functionId: action.functionId,
        source: action.multiValueHeaders ? 'alb-multi' : 'alb',
        request: lambdaRequest(request),
        tooLarge: albTooLarge,
      });
    case 'fixed': {
      const body = Buffer.from(action.body ?? '');
      const headers: Header[] = [['content-length', String(body.length)]];
      if (body.length > 0) headers.push(['content-type', action.contentType ?? 'text/plain']);
      return { status: action.status, headers, body };
    }
    case 'redirect': {
      const location = ['location', redirectLocation(action.location, request)] as const;
      const headers: Header[] = [location, ['content-length', '0']];
      return { status: action.status, headers, body: new Uint8Array() };
    }
  }
}

/** User guide, "Quotas" and "Troubleshoot": what no rule gets to see. */
function refuse(request: FrontRequest): FrontAnswer | undefined {
  const { method, target, headers } = request;
  if (method === 'TRACE') return pageAnswer(405, 'Not Allowed', 'a load balancer refuses TRACE');
  if (headerOf(request, 'upgrade')?.toLowerCase() === 'websocket') {
    return pageAnswer(400, 'Bad Request', 'Lambda targets take no WebSocket');
  }
  if (target.length > LINE_LIMIT) {
    return pageAnswer(414, 'Request-URI Too Large', 'the request line is over 16 KB');
  }
  const sizes = headers.map(([name, value]) => name.length + value.length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (Math.max(...sizes, 0) > HEADER_LIMIT || total > HEADERS_LIMIT) {
    return pageAnswer(400, 'Bad Request', 'a header is over 16 KB, or all are over 64 KB');
  }
  const forwarders = headerOf(request, 'x-forwarded-for')?.split(',').length ?? 0;
  if (forwarders > MOST_FORWARDERS) {
    return pageAnswer(463, 'Unknown', 'X-Forwarded-For has more than 30 addresses');
  }
  return undefined;
}

/**
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#rule-condition-types
 */
export function meets(request: FrontRequest, condition: LoadBalancerCondition): boolean {
  switch (condition.on) {
    case 'path':
      return anyFits(condition.values, splitTarget(request.target).path);
    case 'host':
      return anyFits(condition.values, hostNameOf(headerOf(request, 'host')), 'i');
    case 'method':
      return condition.values.includes(request.method);
    case 'header': {
      const name = condition.name.toLowerCase();
      return request.headers.some(
        ([candidate, value]) =>
          candidate.toLowerCase() === name && anyFits(condition.values, value, 'i'),
      );
    }
    case 'query': {
      const pairs = [...new URLSearchParams(splitTarget(request.target).query)];
      return condition.values.some(({ key, value }) =>
        pairs.some(
          ([name, text]) =>
            anyFits([value], text, 'i') && (key === undefined || anyFits([key], name, 'i')),
        ),
      );
    }
    case 'source-ip':
      return condition.values.some((range) => isWithin(request.clientAddress, range));
  }
}

function anyFits(patterns: readonly string[], text: string, flags: '' | 'i' = ''): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text, flags));
}

function isWithin(address: string, range: string): boolean {
  const [network = '', bits] = range.split('/');
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** `https://#{host}:#{port}/#{path}?#{query}`. The path comes without its first slash. */
function redirectLocation(location: string, request: FrontRequest): string {
  const { path, query } = splitTarget(request.target);
  const values: Record<string, string> = {
    protocol: 'http',
    host: hostNameOf(headerOf(request, 'host')),
    port: String(request.port),
    path: path.replace(/^\//, ''),
    query: query.slice(1),
  };
  return location.replace(/#\{(\w+)\}/g, (text, name: string) => values[name] ?? text);
}
