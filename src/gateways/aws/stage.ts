/**
 * API Gateway's stages. On the default endpoint the stage is the first segment of the client's URL;
 * on custom domains it is absent.
 */
import { type RequestContext, textOf } from './source.ts';

export interface PathParts {
  /** The path as it was sent, undecoded. */
  rawPath: string;
  /** The decoded path, where the front has decoded it already. */
  path?: string;
  /** `/stage`, where the client's URL has it before the path. */
  scriptName?: string;
}

/**
 * Path and stage of an HTTP API, which decodes the path and keeps a named stage in it. On a custom
 * domain the client did not send the stage. Payload 2.0 has it in the path all the same
 * (CodeGenieApp/serverless-express#465), so it is dropped. Payload 1.0 has the mapping's key in its
 * place (aws-powertools/powertools-lambda-python#576); the key may have the stage's name, and it is
 * kept. `/dev` is a stage, `/developer` is not.
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
 * The undecoded path of a decoded one. Every `%` is escaped, because a `%41` here was `%2541` on
 * the wire (middleapi/standard-server#93). Whether a `/` was `%2F` is lost.
 */
function escaped(path: string, scriptName: string): PathParts {
  return { path, rawPath: path.includes('%') ? path.replaceAll('%', '%25') : path, scriptName };
}

/**
 * The stage that a REST API took out of `path`: it leaves the stage in `requestContext.path`. On a
 * custom domain that maps no stage both paths have it (localstack/localstack#12296), and it is a
 * segment like any other. API Gateway joins slashes right after the stage, in `path` alone.
 */
export function strippedStage(path: string, contextPath: unknown, stage: unknown): string {
  const whole = textOf(contextPath);
  const prefix = `/${textOf(stage) ?? ''}`;
  if (whole === undefined || whole === path || !whole.startsWith(prefix)) return '';
  const rest = whole.slice(prefix.length) || '/';
  return rest.replace(/^\/\/+/, '/') === path ? prefix : '';
}
