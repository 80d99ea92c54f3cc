import { isText } from '../core/options.ts';
import { checkApplication, checkOptions, type OptionChecks } from '../core/options.ts';
import { findHeader, lowerCase } from '../http/headers.ts';
import type { Application, Header } from '../types.ts';
import { mapHead } from '../core/response/wrap.ts';

/** The list of OWASP, with values that only break sites that load from other hosts. */
const DEFAULTS = {
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; object-src 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Permitted-Cross-Domain-Policies': 'none',
} as const;

export type SecurityHeader = keyof typeof DEFAULTS;
/** Another value for a header, or `false` for none. */
export type SecurityHeadersOptions = { readonly [name in SecurityHeader]?: string | false };

/**
 * Adds the headers by which a browser protects a site, except those that the application sets
 * itself. `Strict-Transport-Security` is sent only over https: browsers ignore it elsewhere (RFC
 * 6797 section 7.2).
 *
 * ```ts
 * const hardened = securityHeaders(application, {
 *   'Content-Security-Policy': "default-src 'self'; img-src *",
 *   'X-Frame-Options': false,
 * });
 * ```
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function securityHeaders(
  application: Application,
  options: SecurityHeadersOptions = {},
): Application {
  checkApplication(application);
  checkOptions('securityHeaders', options, CHECKS);
  const chosen = Object.entries<string | false | undefined>({ ...DEFAULTS, ...options });
  const secure = chosen.flatMap(([name, value]): Header[] =>
    value === false ? [] : [[name, value ?? DEFAULTS[name as SecurityHeader]]],
  );
  const plain = secure.filter(([name]) => name !== 'Strict-Transport-Security');
  return mapHead(application, (environ) => {
    const wanted = environ['wsgi.url_scheme'] === 'https' ? secure : plain;
    return ({ headers }) => {
      const missing = wanted.filter(([name]) => findHeader(headers, lowerCase(name)) === undefined);
      return { headers: [...headers, ...missing] };
    };
  });
}

const CHECKS = Object.fromEntries(
  Object.keys(DEFAULTS).map((name) => [
    name,
    (value: unknown) => value === false || (isText(value) && /^[\x20-\x7e]+$/.test(value)),
  ]),
) as unknown as OptionChecks<SecurityHeadersOptions>;
