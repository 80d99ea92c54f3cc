/**
 * CORS that a front answers from its configuration. REST APIs have it as methods of their own:
 * `rest-api.ts`.
 */
import type { Header } from '../../types.ts';
import type { Cors } from '../project.ts';
import { type FrontAnswer, type FrontRequest, headerOf } from './front.ts';

/** https://fetch.spec.whatwg.org/#cors-preflight-request */
export function isPreflight(request: FrontRequest): boolean {
  return (
    request.method === 'OPTIONS' &&
    headerOf(request, 'origin') !== undefined &&
    headerOf(request, 'access-control-request-method') !== undefined
  );
}

/** The CORS headers of an answer; none for an origin or a preflight method that is not allowed. */
export function corsHeaders(
  cors: Cors,
  request: FrontRequest,
  kind: 'preflight' | 'answer',
): Header[] {
  const origin = headerOf(request, 'origin');
  if (origin === undefined || !allows(cors, origin)) return [];
  const headers: Header[] = [['access-control-allow-origin', allowedOrigin(cors, origin)]];
  if (cors.allowCredentials) headers.push(['access-control-allow-credentials', 'true']);
  if (kind === 'answer') return [...headers, ...list('expose-headers', cors.exposeHeaders)];
  const method = headerOf(request, 'access-control-request-method') ?? '';
  if (!cors.allowMethods.includes('*') && !cors.allowMethods.includes(method)) return [];
  return [
    ...headers,
    ...list('allow-methods', cors.allowMethods),
    ...list('allow-headers', cors.allowHeaders),
    ...(cors.maxAge === undefined
      ? []
      : [['access-control-max-age', String(cors.maxAge)] as const]),
  ];
}

/**
 * With CORS configured, the function's own CORS headers are dropped (developer guide, "Configure
 * CORS for HTTP APIs").
 */
export function withCors(answer: FrontAnswer, cors: Cors, request: FrontRequest): FrontAnswer {
  const own = answer.headers.filter(([name]) => !name.startsWith('access-control-'));
  return { ...answer, headers: [...own, ...corsHeaders(cors, request, 'answer')] };
}

function allows({ allowOrigins }: Cors, origin: string): boolean {
  return allowOrigins.some((allowed) => {
    if (allowed === '*' || allowed.toLowerCase() === origin.toLowerCase()) return true;
    // `https://*`, `https://*.example.com`
    const [start = '', end, ...more] = allowed.split('*');
    if (end === undefined || more.length > 0) return false;
    return (
      origin.length > start.length + end.length && origin.startsWith(start) && origin.endsWith(end)
    );
  });
}

function allowedOrigin({ allowOrigins, allowCredentials }: Cors, origin: string): string {
  return allowOrigins.includes('*') && !allowCredentials ? '*' : origin;
}

function list(name: string, values: readonly string[]): Header[] {
  return values.length === 0 ? [] : [[`access-control-${name}`, values.join(',')]];
}
