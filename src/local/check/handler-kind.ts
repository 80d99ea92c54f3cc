/** Whether a handler streams, as far as its source shows. */
import type { Source } from './source.ts';

/** Makers of streaming handlers: Lambda's, gatecall's, Hono's. */
const STREAMING = new Set(['streamifyResponse', 'toStreamingLambdaHandler', 'streamHandle']);
/** Makers of buffered handlers: Hono, serverless-http, serverless-express, Fastify. */
const BUFFERED = new Set([
  'handle',
  'serverless',
  'serverlessHttp',
  'serverlessExpress',
  'awsLambdaFastify',
]);
const MENTION = /\b(streamifyResponse|toStreamingLambdaHandler|streamHandle)\b/;

export function handlerKind(
  source: Source,
  exportName: string,
): 'streaming' | 'buffered' | undefined {
  const { code } = source;
  const name = exportName.replace(/[^\w$]/g, '');
  // Only lines without indentation: an indented declaration may be inside another function.
  const declared = new RegExp(
    `^(?:export\\s+)?(?:async\\s+)?function\\s*\\*?\\s*${escapePattern(name)}\\b`,
    'm',
  );
  if (declared.test(code)) return 'buffered';
  const assigned = new RegExp(
    `^(?:(?:export\\s+)?(?:const|let|var)\\s+|exports\\.|module\\.exports\\.)${escapePattern(name)}\\b(?:\\s*:[^=]{0,500})?\\s*=(?![=>])\\s*`,
    'm',
  ).exec(code);
  if (!assigned) return undefined;
  const value = code.slice(assigned.index + assigned[0].length);
  const callee = /^(?:[\w$]+\s*\.\s*)*([\w$]+)\s*(?:<[^(]*>)?\(/.exec(value)?.[1];
  if (callee !== undefined && callee !== 'async' && callee !== 'function') {
    const called = aliases(code).get(callee) ?? callee;
    if (STREAMING.has(called)) return 'streaming';
    if (called === 'toLambdaHandler') return 'buffered';
    // These names are common, so that the project may define its own.
    return BUFFERED.has(called) && !MENTION.test(code) ? 'buffered' : undefined;
  }
  // A function literal: nothing marks it as streaming.
  return /^(async\b|function\b|\()/.test(value) ? 'buffered' : undefined;
}

function escapePattern(name: string): string {
  return name.replaceAll('$', '\\$');
}

/** `import { a as b }` */
function aliases(code: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, original = '', alias = ''] of code.matchAll(
    /(?<![\w$])([\w$]+)\s+as\s+([\w$]+)/g,
  )) {
    found.set(alias, original);
  }
  return found;
}
