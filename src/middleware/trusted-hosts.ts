import { text } from '../core/response/answers.ts';
import { checkApplication, checkOptions, isListOf } from '../core/options.ts';
import type { Application } from '../types.ts';
import { parseHost } from '../http/host.ts';

export interface TrustedHostsOptions {
  /** Names without a port. A dot in front stands for every name below: `'.example.com'`. */
  hosts: readonly string[];
}

/**
 * Refuses requests for other hosts with a 400. The client writes the Host header, and links,
 * redirects and mails made of it lead to that host. Behind a proxy that changes it, put
 * {@link proxyFix} around this.
 *
 * ```ts
 * const ours = trustedHosts(application, { hosts: ['example.com', '.example.com'] });
 * ```
 *
 * @throws {TypeError} for an unknown or missing option, or when `application` is no function
 */
export function trustedHosts(application: Application, options: TrustedHostsOptions): Application {
  checkApplication(application);
  checkOptions('trustedHosts', options, {
    hosts: isListOf((one) => typeof one === 'string' && parseHost(one)?.port === undefined),
  });
  if (options.hosts === undefined) throw new TypeError('trustedHosts needs the option hosts');
  const trusted = options.hosts.map((host) => host.toLowerCase());
  const isTrusted = (name: string): boolean =>
    trusted.some((one) => (one.startsWith('.') ? name.endsWith(one) : name === one));
  return (environ, startResponse) => {
    const host = parseHost(environ.HTTP_HOST || environ.SERVER_NAME);
    return (host && isTrusted(host.name) ? application : refused)(environ, startResponse);
  };
}

const refused = text('Bad Request\n', { status: '400 Bad Request' });
