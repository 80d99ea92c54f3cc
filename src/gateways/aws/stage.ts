/** API Gateway's stages: the first segment of the client's URL on the default endpoint, and absent from it elsewhere. */
import { type RequestContext, textOf } from './source.ts';

export interface PathParts {
  /** Undecoded. */
  rawPath: string;
  /** Where the front has decoded it already. */
  path?: string;
  /** `/stage` where the client's URL has it before the path. */
  scriptName?: string;
}

/**
 * HTTP APIs decode the path, and keep a named stage in it. On a custom domain the client never sent the stage: payload 2.0
 * has it all the same (CodeGenieApp/serverless-express#465), so there it is dropped; payload 1.0 has the mapping's key in its
 * place (aws-powertools/powertools-lambda-python#576), which may be named like the stage and is kept. `/dev` is a stage,
 * `/developer` is not.
 */
export function decodedPath(
  path: unknown,
  context: RequestContext | null | undefined,
  onCustomDomain: 'dropped' | 'kept',
): PathParts {
  const whole = textOf(path) || '/';
  const prefix = `/${textOf(context?.stage) || '$default'}`;
  if (prefix === '/$default' || !`${whole}/`.startsWith(`${prefix}/`)) return escaped(whole, '');
  const domain = textOf(context?.domainName);
  const custom = domain !== undefined && !domain.includes('.execute-api.');
  if (custom && onCustomDomain === 'kept') return escaped(whole, '');
  return escaped(whole.slice(prefix.length) || '/', custom ? '' : prefix);
}

/**
 * For the undecoded target every `%` that is left is escaped: a `%41` here was `%2541` on the wire
 * (middleapi/standard-server#93). What `%2F` was cannot be known any more.
 */
function escaped(path: string, scriptName: string): PathParts {
  return { path, rawPath: path.includes('%') ? path.replaceAll('%', '%25') : path, scriptName };
}

/**
 * REST APIs take the stage out of `path` and leave it in `requestContext.path`. With a custom domain that maps no stage both
 * have it (localstack/localstack#12296), and then it is part of the path like any other segment. Slashes doubled right after the
 * stage are collapsed in `path` alone.
 */
export function strippedStage(path: string, contextPath: unknown, stage: unknown): string {
  const whole = textOf(contextPath);
  const prefix = `/${textOf(stage) ?? ''}`;
  if (whole === undefined || whole === path || !whole.startsWith(prefix)) return '';
  const rest = whole.slice(prefix.length) || '/';
  return rest.replace(/^\/\/+/, '/') === path ? prefix : '';
}
