import { text } from '../core/response/answers.ts';
import { checkApplication } from '../core/options.ts';
import type { Application } from '../types.ts';
import { requestUri } from '../core/request/url.ts';
import { parseHost } from '../http/host.ts';

/**
 * Redirects from http to the same URL with https: GET and HEAD with a 301, others with a 308, which
 * keeps method and body. Behind a proxy that ends TLS, put {@link proxyFix} around it, or the
 * redirect never ends. {@link trustedHosts} keeps the redirect on your hosts;
 * {@link securityHeaders} lets browsers remember it.
 *
 * ```ts
 * const secure = proxyFix(trustedHosts(httpsOnly(application), { hosts: ['example.com'] }));
 * ```
 *
 * @throws {TypeError} when `application` is no function
 */
export function httpsOnly(application: Application): Application {
  checkApplication(application);
  return (environ, startResponse) => {
    if (environ['wsgi.url_scheme'] === 'https') return application(environ, startResponse);
    // Without the port: a port that speaks http does not speak https.
    const host = parseHost(environ.HTTP_HOST || environ.SERVER_NAME)?.name;
    if (host === undefined) return refused(environ, startResponse);
    const target = environ.REQUEST_URI?.startsWith('/')
      ? environ.REQUEST_URI
      : requestUri(environ).replace(/^[^:]*:\/\/[^/]*/, '');
    const status = /^(?:GET|HEAD)$/.test(environ.REQUEST_METHOD)
      ? '301 Moved Permanently'
      : '308 Permanent Redirect';
    const headers = [['Location', `https://${host}${target}`]] as const;
    return text(`${status.slice(4)}\n`, { status, headers })(environ, startResponse);
  };
}

const refused = text('Bad Request\n', { status: '400 Bad Request' });
