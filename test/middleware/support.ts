/**
 * What the tests of middleware share: every middleware with ordinary options, and a way to ask an
 * application.
 */
import { callApplication, type CallOptions } from '../../src/core/call.ts';
import { copyEnviron, createEnviron } from '../../src/core/request/environ.ts';
import type { RequestParts } from '../../src/core/request/request-parts.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import * as middleware from '../../src/middleware.ts';
import { statusCode } from '../../src/http/status.ts';
import type { Application, Environ, HeaderList, Middleware } from '../../src/types.ts';
import type { TestResponse } from '../../src/aws-model/message.ts';
import { validator } from '../../src/validator.ts';

/**
 * A middleware that refuses some requests, shown one it lets in; the application sees the one that
 * came.
 */
function letIn(key: string, value: string, make: Middleware): Middleware {
  return (application) => {
    make(application);
    return (environ, startResponse) => {
      const before = environ[key];
      environ[key] = value;
      const restoring: Application = (inner, start) => {
        if (before === undefined) delete inner[key];
        else inner[key] = before;
        return application(inner, start);
      };
      return make(restoring)(environ, startResponse);
    };
  };
}

/** Each as most would use it. A new one is added here, and with that to every law. */
export const all: Readonly<Record<string, Middleware>> = {
  accessLog: (application) => middleware.accessLog(application, { log: () => {} }),
  basicAuth: letIn('HTTP_AUTHORIZATION', `Basic ${btoa('user:password')}`, (application) =>
    middleware.basicAuth(application, { verify: () => true }),
  ),
  bodyLimit: (application) => middleware.bodyLimit(application, { bytes: 20_000_000 }),
  compress: (application) => middleware.compress(application),
  conditionalGet: (application) => middleware.conditionalGet(application),
  contentLength: (application) => middleware.contentLength(application),
  cors: (application) => middleware.cors(application),
  errorPage: (application) => middleware.errorPage(application),
  etag: (application) => middleware.etag(application),
  head: (application) => middleware.head(application),
  httpsOnly: letIn('wsgi.url_scheme', 'https', middleware.httpsOnly),
  methodOverride: (application) => middleware.methodOverride(application),
  mount: (application) => middleware.mount({ '/': application }),
  proxyFix: (application) => middleware.proxyFix(application),
  requestId: (application) => middleware.requestId(application),
  securityHeaders: (application) => middleware.securityHeaders(application),
  serverTiming: (application) => middleware.serverTiming(application),
  staticFiles: (application) => middleware.staticFiles(application, { root: import.meta.dirname }),
  timeout: (application) => middleware.timeout(application, { ms: 60_000 }),
  trustedHosts: letIn('HTTP_HOST', 'trusted.example', (application) =>
    middleware.trustedHosts(application, { hosts: ['trusted.example'] }),
  ),
};

export const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
export const show = (block: Uint8Array): string => new TextDecoder().decode(block);

export interface Ask extends Partial<Omit<RequestParts, 'headers'>> {
  headers?: HeaderList | Record<string, string>;
  /** Collects what goes to `wsgi.errors`. */
  log?: string[];
  /** Variables to add to the environ, or, where undefined, to take out. */
  environ?: Partial<Environ>;
  options?: CallOptions;
}

export function environOf({ log = [], environ = {}, ...facts }: Ask = {}): Environ {
  const { headers = [] } = facts;
  const made = createEnviron(
    { method: 'GET', rawPath: '/', scheme: 'http', ...facts, headers },
    { errors: errorStream((line) => log.push(line)) },
  );
  const changed = Object.assign(copyEnviron(made), environ);
  for (const key of Object.keys(environ)) if (environ[key] === undefined) delete changed[key];
  return changed;
}

export interface Answer extends TestResponse {
  /** The body as UTF-8. */
  text: string;
  /** A header's lines, joined. */
  header(name: string): string | undefined;
}

/**
 * One request. Everything runs inside a strict validator, which throws for what it would only warn
 * of otherwise.
 */
export async function ask(application: Application, request: Ask = {}): Promise<Answer> {
  const strict = validator(application, { strict: true });
  const { status, headers, body } = await callApplication(
    strict,
    environOf(request),
    request.options,
  );
  const lines = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    status: statusCode(status),
    reason: status.slice(4),
    headers: lines,
    body,
    text: show(body),
    header(name) {
      const values = lines.filter(([one]) => one === name).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(', ');
    },
  };
}
