/** Warnings about a request that its front changes. */
import type { InvocationTrace, TracedBody, Warning } from '../trace.ts';
import { isMembers, mediaType, membersOf, repeatedNames, valueOf } from './members.ts';

type Seen = Pick<InvocationTrace, 'source' | 'request' | 'event' | 'environ'>;
type Rule = (seen: Seen) => Warning[];

export function requestWarnings(seen: Seen): Warning[] {
  return RULES.flatMap((rule) => rule(seen));
}

/**
 * HTTP APIs decode the path before Lambda sees it (honojs/hono#2156), and a `%3F` then cuts it
 * (middleapi/standard-server#93).
 */
const decodedPath: Rule = ({ source, request }) => {
  if (!source.startsWith('http-api')) return [];
  const path = request.target.split('?', 1)[0] ?? '';
  const fix = 'carry it in the query, or use a REST API or a function URL, which leave paths alone';
  if (/%3f/i.test(path)) {
    return [{ code: 'path-cut', message: 'an HTTP API cuts the path at %3F', fix }];
  }
  if (!/%2f/i.test(path)) return [];
  const message = 'an HTTP API decodes the path: the function cannot tell %2F from /';
  return [{ code: 'path-decoded', message, fix }];
};

const MULTI_VALUE = "switch the target group's lambda.multi_value_headers.enabled on";

/**
 * ALB, single-value mode: the last value wins (Elastic Load Balancing, "Lambda functions as
 * targets").
 */
const lastValueOnly: Rule = ({ source, request }) => {
  if (source !== 'alb') return [];
  const query = (request.target.split('?')[1] ?? '').split('&').filter((piece) => piece !== '');
  const headers = request.headers.map(([name]) => name.toLowerCase());
  return [
    ...repeatedNames(headers)
      .filter((name) => name !== 'cookie') // joined into one on the way
      .map((header) => ({
        code: 'repeated-header',
        message: `the function sees only the last of the ${header} headers`,
        fix: MULTI_VALUE,
        header,
      })),
    ...repeatedNames(query.map((piece) => piece.split('=', 1)[0] ?? '')).map((key) => ({
      code: 'repeated-query',
      message: `the function sees only the last value of the query parameter ${key}`,
      fix: MULTI_VALUE,
    })),
  ];
};

/** REST APIs force a body through UTF-8 unless its type is one of the binary ones. */
const brokenUpload: Rule = ({ source, request, event }) => {
  if (source !== 'rest-api' || !isMembers(event) || event['isBase64Encoded'] === true) return [];
  if (isUtf8(request.body)) return [];
  const type = mediaType(valueOf(request.headers, 'content-type')) || 'application/octet-stream';
  return [
    {
      code: 'binary-media-types',
      message: `the request's ${type} is no UTF-8 and not in BinaryMediaTypes: its bytes are destroyed`,
      fix: `add ${type} or */* to BinaryMediaTypes`,
    },
  ];
};

/** REST API developer guide, "Important notes". */
const overriddenMethod: Rule = ({ source, request }) => {
  const method = valueOf(request.headers, 'x-http-method-override');
  if (source !== 'rest-api' || method === undefined || method === request.method) return [];
  return [
    {
      code: 'method-override',
      message: `X-HTTP-Method-Override makes this ${request.method} a ${method} before it is routed`,
      header: 'x-http-method-override',
    },
  ];
};

const cutBody: Rule = ({ source, event }) => {
  if (!source.startsWith('edge')) return [];
  const records = isMembers(event) ? event['Records'] : undefined;
  const cf = membersOf(Array.isArray(records) ? records[0] : undefined, 'cf');
  if (membersOf(cf['request'], 'body')['inputTruncated'] !== true) return [];
  const limit = source === 'edge-viewer' ? '40 KB' : '1 MB';
  return [{ code: 'body-cut', message: `CloudFront shows a function the first ${limit} only` }];
};

/**
 * `X_User` and `X-User` would be the same key of an environ; proxies drop the former, and so does
 * gatecall.
 */
const hiddenHeaders: Rule = ({ request, environ }) => {
  if (!environ) return [];
  return request.headers
    .map(([name]) => name.toLowerCase())
    .filter((name) => name.includes('_') || name === 'proxy')
    .map((header) => ({
      code: 'header-hidden',
      message: `the header ${header} does not reach the environ`,
      ...(header.includes('_') && { fix: 'name it with hyphens' }),
      header,
    }));
};

const RULES: readonly Rule[] = [
  decodedPath,
  lastValueOnly,
  brokenUpload,
  overriddenMethod,
  cutBody,
  hiddenHeaders,
];

function isUtf8({ base64, truncated }: TracedBody): boolean {
  try {
    // The body may be cut in the middle of a character.
    const decoder = new TextDecoder('utf-8', { fatal: true });
    decoder.decode(Buffer.from(base64, 'base64'), { stream: truncated });
    return true;
  } catch {
    return false;
  }
}
