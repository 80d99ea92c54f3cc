import { text } from '../core/response/answers.ts';
import { decodeNative } from '../base/native.ts';
import { checkApplication, checkOptions, isFunction, isText } from '../core/options.ts';
import type { Application } from '../types.ts';

export interface BasicAuthOptions {
  /** Whether this user may come in with this password. Compare secrets with {@link safeEqual}. */
  verify: (user: string, password: string) => boolean | PromiseLike<boolean>;
  /** The text that a browser shows when it asks. Default: `'Restricted'`. */
  realm?: string;
}

/**
 * Asks for a name and a password (RFC 7617). The application finds the name in `REMOTE_USER` and
 * `Basic` in `AUTH_TYPE`; a request without valid credentials gets a 401. Only for https: the
 * password travels in clear text.
 *
 * ```ts
 * const closed = basicAuth(application, {
 *   verify: (user, password) => user === 'admin' && safeEqual(password, secret),
 * });
 * ```
 *
 * @throws {TypeError} for an unknown or missing option, or when `application` is no function
 */
export function basicAuth(application: Application, options: BasicAuthOptions): Application {
  checkApplication(application);
  checkOptions('basicAuth', options, {
    verify: isFunction,
    realm: (value) => isText(value) && /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(value),
  });
  const { verify, realm = 'Restricted' } = options;
  if (verify === undefined) throw new TypeError('basicAuth needs the option verify');
  const refused = text('Unauthorized\n', {
    status: '401 Unauthorized',
    headers: [['WWW-Authenticate', `Basic realm="${realm}", charset="UTF-8"`]],
  });
  return async (environ, startResponse) => {
    const credentials = readCredentials(environ.HTTP_AUTHORIZATION);
    if (
      credentials &&
      (await verify(decodeNative(credentials.user), decodeNative(credentials.password)))
    ) {
      environ.REMOTE_USER = credentials.user;
      environ.AUTH_TYPE = 'Basic';
      return application(environ, startResponse);
    }
    return refused(environ, startResponse);
  };
}

/** User and password as native strings, because `atob` gives bytes as code points. */
function readCredentials(
  header: string | undefined,
): { user: string; password: string } | undefined {
  const [, token] = /^basic +([\w+/-]+={0,2})$/i.exec(header ?? '') ?? [];
  if (token === undefined) return undefined;
  let pair: string;
  try {
    pair = atob(token);
  } catch {
    return undefined;
  }
  const colon = pair.indexOf(':');
  // The user's name goes into logs: no control characters.
  if (colon < 0 || /[\x00-\x1f\x7f]/.test(pair)) return undefined;
  return { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
