/** Warnings about a function's reply. `aws-model.ts` knows what AWS answers; this file compares. */
import {
  lambdaResponse,
  type LambdaRequest,
  type LambdaSource,
  lambdaSources,
} from '../../aws-model.ts';
import type { InvocationTrace, Warning } from '../trace.ts';
import {
  announcedHeaders,
  isMembers,
  mediaType,
  type Pair,
  repeatedNames,
  replyHeaders,
  frontTitle,
  valueOf,
} from './members.ts';

/** Settings of a front. A rule that needs a setting that is left out gives no warning. */
export interface FrontSettings {
  /** REST APIs: with slashes, `image/*`. */
  readonly binaryMediaTypes?: readonly string[];
  /** The front answers for CORS by itself. */
  readonly cors?: boolean;
  /** `RESPONSE_STREAM`, or response transfer mode `STREAM`. */
  readonly stream?: boolean;
}

type Seen = Pick<InvocationTrace, 'source' | 'streamed' | 'request' | 'startResponse' | 'reply'>;

interface Answered extends Seen {
  readonly source: LambdaSource;
  readonly front: FrontSettings;
  /** The header lines in the reply. */
  readonly headers: readonly Pair[];
  /** The header lines the client would get. */
  readonly delivered: readonly Pair[];
}
type Rule = (answered: Answered) => Warning[];

export function replyWarnings(seen: Seen, front: FrontSettings): Warning[] {
  const source = lambdaSources.find((id) => id === seen.source);
  if (source === undefined || seen.reply === undefined) return [];
  const misfit = wrongMode(source, seen, front);
  if (misfit) return [misfit];
  const { problem, headers: delivered } = answerOf(source, seen, front);
  if (problem !== undefined) return [malformedReply(source, problem)];
  const answered = { ...seen, source, front, headers: replyHeaders(seen.reply), delivered };
  return RULES.flatMap((rule) => rule(answered));
}

const STREAMING: readonly string[] = ['rest-api', 'function-url'];

/**
 * The front's mode and the kind of handler must match, and the event does not name the mode (Lambda
 * developer guide, "Response streaming").
 */
function wrongMode(source: LambdaSource, seen: Seen, front: FrontSettings): Warning | undefined {
  if (seen.streamed && !STREAMING.includes(source)) {
    return {
      code: 'cannot-stream',
      message: `${frontTitle(source)} cannot stream: the client gets the stream's own framing`,
      fix: 'answer it with toLambdaHandler',
    };
  }
  if (front.stream && !seen.streamed && isMembers(seen.reply) && 'statusCode' in seen.reply) {
    return {
      code: 'not-streamed',
      message: `${frontTitle(source)} that streams delivers a returned reply as it is, statusCode and all`,
      fix: 'use toStreamingLambdaHandler, or set the front to BUFFERED',
    };
  }
  return undefined;
}

/**
 * The sources that read `statusDescription`. It is removed before the comparison, where a `reason`
 * means a failure.
 */
const DESCRIBED = /^(?:alb|lattice|edge)/;
/** A larger body counts as an empty one. */
const LARGE = 256 * 1024;

function answerOf(
  source: LambdaSource,
  { reply, streamed, request }: Seen,
  { binaryMediaTypes }: FrontSettings,
): { problem: string | undefined; headers: readonly Pair[] } {
  const asked: LambdaRequest = { method: request.method, headers: request.headers };
  if (binaryMediaTypes) asked.binaryMediaTypes = binaryMediaTypes;
  const { reason, headers } = lambdaResponse(source, shape(source, reply, streamed), asked);
  return { problem: reason, headers };
}

/** The reply without the members that do not matter to the rules. */
function shape(source: string, reply: unknown, streamed: boolean): unknown {
  if (!isMembers(reply)) return reply;
  const copy: Record<string, unknown> = { ...reply };
  if (typeof copy['statusDescription'] === 'string' && DESCRIBED.test(source)) {
    delete copy['statusDescription'];
  }
  if (typeof copy['body'] === 'string' && copy['body'].length > LARGE) copy['body'] = '';
  // Of a prelude a REST API takes `cookies` too (developer guide, "Stream the integration
  // response").
  if (streamed && source === 'rest-api') delete copy['cookies'];
  return copy;
}

function malformedReply(source: LambdaSource, problem: string): Warning {
  const fix = problem.includes('unknown key')
    ? 'return statusCode, headers, multiValueHeaders, body and isBase64Encoded only'
    : undefined;
  const message = `${frontTitle(source)} refuses this reply: ${problem.replace(/^malformed: /, '')}`;
  return { code: 'malformed-reply', message, ...(fix !== undefined && { fix }) };
}

/** Headers that the front renamed, such as `x-amzn-remapped-date`, or dropped. */
const changedHeaders: Rule = ({ source, headers, delivered, reply }) => {
  const arrived = new Set(delivered.map(([name]) => name));
  const lost = new Set<string>();
  for (const [name] of headers) {
    // Every front recomputes Content-Length, so that it is lost only where it is renamed.
    if (!arrived.has(name) && name !== 'content-length') lost.add(name);
    if (arrived.has(`x-amzn-remapped-${name}`)) lost.add(name);
  }
  const ignored = ignoredMap(source, reply);
  return [...lost].flatMap((header): Warning[] => {
    if (arrived.has(`x-amzn-remapped-${header}`)) {
      const message = `${frontTitle(source)} renames the header ${header} to x-amzn-remapped-${header}`;
      return [{ code: 'header-renamed', message, header }];
    }
    // `ignoredMembers` warns once for the whole map.
    if (ignored !== undefined || header === 'set-cookie') return [];
    return [
      {
        code: 'header-dropped',
        message: `${frontTitle(source)} drops the header ${header}`,
        header,
      },
    ];
  });
};

/** Members that a source ignores. */
const IGNORED: Readonly<Partial<Record<LambdaSource, readonly string[]>>> = {
  'http-api-1': ['cookies'],
  'http-api-2': ['multiValueHeaders'],
  'function-url': ['multiValueHeaders'],
  alb: ['multiValueHeaders', 'cookies'],
  'alb-multi': ['headers', 'cookies'],
  'lattice-1': ['multiValueHeaders', 'cookies'],
  'lattice-2': ['multiValueHeaders', 'cookies'],
  'edge-viewer': ['multiValueHeaders', 'cookies', 'isBase64Encoded'],
  'edge-origin': ['multiValueHeaders', 'cookies', 'isBase64Encoded'],
};

function ignoredMap(source: LambdaSource, reply: unknown): string | undefined {
  if (!isMembers(reply)) return undefined;
  return IGNORED[source]?.find((member) => {
    const value = reply[member];
    return (
      value === true ||
      (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    );
  });
}

const ignoredMembers: Rule = ({ source, reply }) => {
  const member = ignoredMap(source, reply);
  if (member === undefined) return [];
  const instead = { headers: 'multiValueHeaders', isBase64Encoded: 'bodyEncoding' }[member];
  return [
    {
      code: 'member-ignored',
      message: `${frontTitle(source)} ignores ${member}: what is in it is lost`,
      ...(instead !== undefined && { fix: `use ${instead}` }),
    },
  ];
};

const ENVELOPE =
  /^(?:status_?code|status|body|headers|cookies|multiValueHeaders|isBase64Encoded)$/i;

/**
 * Without statusCode the whole reply becomes the page, status 200 (API Gateway, "payload format
 * version 2.0").
 */
const inferredReply: Rule = ({ source, reply, streamed }) => {
  if (streamed || (source !== 'http-api-2' && source !== 'function-url')) return [];
  if (!isMembers(reply) || 'statusCode' in reply) return [];
  const member = Object.keys(reply).find((name) => ENVELOPE.test(name));
  if (member === undefined) return [];
  const message = `without statusCode the reply itself is the page: the client sees ${member} in JSON`;
  return [{ code: 'inferred-reply', message, fix: 'return statusCode as an integer' }];
};

/**
 * Base64 is decoded only if the *first* type the client accepts is a binary one, whatever the
 * reply's own is.
 */
const undecodedBody: Rule = ({ source, reply, streamed, request, front }) => {
  const types = front.binaryMediaTypes;
  if (source !== 'rest-api' || streamed || !types) return [];
  if (!isMembers(reply) || reply['isBase64Encoded'] !== true) return [];
  const accepted = mediaType(valueOf(request.headers, 'accept'));
  if (types.some((type) => covers(type, accepted))) return [];
  const asked = accepted === '' ? 'names no type it accepts' : `accepts ${accepted} first`;
  return [
    {
      code: 'binary-media-types',
      message: `the client ${asked}, which BinaryMediaTypes does not have: it gets base64 text`,
      fix: 'add */* to BinaryMediaTypes',
    },
  ];
};

function covers(pattern: string, type: string): boolean {
  const wanted = pattern.toLowerCase();
  if (wanted === '*/*' || wanted === type) return true;
  return wanted.endsWith('/*') && type.startsWith(wanted.slice(0, -1));
}

const BINARY =
  /^(?:(?:image\/(?!svg\+xml)|audio\/|video\/|font\/).*|application\/(?:octet-stream|pdf|zip|gzip|wasm))$/;

/** A string is written as UTF-8: each byte above 0x7F becomes two. */
const binaryAsText: Rule = ({ reply, streamed, headers }) => {
  if (streamed || !isMembers(reply) || typeof reply['body'] !== 'string') return [];
  if (
    reply['body'] === '' ||
    reply['isBase64Encoded'] === true ||
    reply['bodyEncoding'] === 'base64'
  )
    return [];
  const type = mediaType(valueOf(headers, 'content-type'));
  const coding = valueOf(headers, 'content-encoding')?.toLowerCase() ?? 'identity';
  const what = BINARY.test(type) ? type : coding === 'identity' ? undefined : coding;
  if (what === undefined) return [];
  return [
    {
      code: 'binary-as-text',
      message: `a body of ${what} is returned as text: bytes over 0x7F arrive as two`,
      fix: 'return it in base64, and say so',
    },
  ];
};

const missingContentType: Rule = ({ source, reply, streamed, headers, delivered }) => {
  const body = isMembers(reply) && 'statusCode' in reply ? reply['body'] : undefined;
  if (streamed || typeof body !== 'string' || body === '') return [];
  if (valueOf(headers, 'content-type') !== undefined) return [];
  const type = valueOf(delivered, 'content-type');
  if (type === undefined) return [];
  return [
    {
      code: 'no-content-type',
      message: `without Content-Type ${frontTitle(source)} says ${type}`,
      fix: 'send a Content-Type',
      header: 'content-type',
    },
  ];
};

/** A comma, and behind it the name of the next; `Expires=Fri, 01 Jan` has a space there. */
const JOINED = /,\s*[^\s;,=]+=/;

const lostCookies: Rule = (answered) => {
  const { source, reply, headers, delivered } = answered;
  const sent = announcedHeaders(answered).filter(([name]) => name.toLowerCase() === 'set-cookie');
  const wanted = Math.max(sent.length, headers.filter(([name]) => name === 'set-cookie').length);
  const arrive = delivered.filter(([name]) => name === 'set-cookie');
  if (arrive.some(([, value]) => JOINED.test(value))) {
    return [cookieWarning('cookies-joined', 'cookies joined with a comma arrive as one', source)];
  }
  if (arrive.length < wanted && !answered.streamed) {
    const lost = `${wanted - arrive.length} of ${wanted} cookies are lost on ${frontTitle(source)}`;
    return [cookieWarning('cookie-lost', lost, source)];
  }
  if (source === 'alb' && isMembers(reply) && arrive.length > 1) {
    const names = Object.keys(isMembers(reply['headers']) ? reply['headers'] : {});
    const variants = names.filter((name) => name.toLowerCase() === 'set-cookie').join(', ');
    const message = `${arrive.length} cookies travel as ${variants}, because ${frontTitle(source)} has one value a name`;
    return [cookieWarning('cookie-case', message, source)];
  }
  return [];
};

function cookieWarning(code: string, message: string, source: LambdaSource): Warning {
  const fix = COOKIE_FIXES[source];
  return { code, message, ...(fix !== undefined && { fix }), header: 'set-cookie' };
}

const COOKIE_FIXES: Readonly<Partial<Record<LambdaSource, string>>> = {
  'rest-api': 'return them in multiValueHeaders',
  'http-api-1': 'return them in multiValueHeaders',
  'http-api-2': 'return them in cookies',
  'function-url': 'return them in cookies',
  alb: "switch the target group's lambda.multi_value_headers.enabled on",
  'alb-multi': 'return them in multiValueHeaders',
  'lattice-1': 'send one cookie a response',
  'lattice-2': 'return them as a list under set-cookie',
};

/** CodeGenieApp/serverless-express#554, dougmoscrop/serverless-http#244. */
const reversedValues: Rule = ({ source, headers }) => {
  if (source !== 'alb-multi') return [];
  return repeatedNames(headers.map(([name]) => name)).map((header) => ({
    code: 'values-reversed',
    message: `a load balancer may deliver the values of ${header} in reverse`,
    header,
  }));
};

const overriddenCors: Rule = ({ source, front, headers }) => {
  const header = headers.find(([name]) => name.startsWith('access-control-'))?.[0];
  if (!front.cors || header === undefined || source === 'rest-api') return [];
  return [
    {
      code: 'cors-overridden',
      message: `${frontTitle(source)} with a CORS configuration overrides the function's ${header}`,
      fix: 'leave CORS to one of the two',
      header,
    },
  ];
};

/** Answers of origin-request functions go into CloudFront's cache. */
const cachedAnswer: Rule = ({ source, headers }) => {
  if (source !== 'edge-origin' || valueOf(headers, 'cache-control') !== undefined) return [];
  return [
    {
      code: 'cached',
      message: 'CloudFront caches this answer for every client',
      fix: 'send Cache-Control: no-store where it is not for all',
      header: 'cache-control',
    },
  ];
};

const RULES: readonly Rule[] = [
  changedHeaders,
  ignoredMembers,
  inferredReply,
  undecodedBody,
  binaryAsText,
  missingContentType,
  lostCookies,
  reversedValues,
  overriddenCors,
  cachedAnswer,
];
