/** The URL of a request, as a `Request` shows it. */
import type { Environ } from '../../types.ts';
import { requestUri } from '../../url.ts';

// What the URL standard leaves as it is; anything else goes through `new URL`, which takes 1 µs. A last label that begins with a
// digit could be a number (`127.1`), and `xn--` needs a look at what is behind it.
const PLAIN_HOST = /^(?!.*xn--)(?:[a-z0-9_-]+\.)*[a-z_-][a-z0-9_-]*$/;
const PLAIN_TARGET = /^\/[\w!$%&()*+,\-./:;=@~]*(?:\?[\w!$%&()*+,\-./:;=@~?]*)?$/;
const DOT_SEGMENT = /\/(?:\.|%2e)/i;

/** Serialised; nothing when the request's authority is none, or has a user and password in it. */
export function urlOf(environ: Environ): string | undefined {
  const host = environ.HTTP_HOST;
  const target = environ.REQUEST_URI;
  const isPath = target !== undefined && target.startsWith('/');
  if (
    isPath &&
    host !== undefined &&
    PLAIN_HOST.test(host) &&
    PLAIN_TARGET.test(target) &&
    !DOT_SEGMENT.test(target)
  ) {
    return `${environ['wsgi.url_scheme']}://${host}${target}`;
  }
  const url = requestUri(environ);
  // Everything after the authority is replaced; the authority itself never comes from the target (`//evil.example`).
  const authority = /^[^:]+:\/\/([^/?#\\]*)/.exec(url);
  if (!authority || /[@\\]/.test(authority[1] ?? '')) return undefined;
  try {
    return new URL(isPath ? authority[0] + target : url).href;
  } catch {
    return undefined;
  }
}
