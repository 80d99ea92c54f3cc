import { text } from '../core/response/answers.ts';
import { describe } from '../base/bytes.ts';
import { copyEnviron, isBelow, moveToScriptName } from '../core/request/environ.ts';
import { encodeNative } from '../base/native.ts';
import { checkApplication, checkOptions, isFunction } from '../core/options.ts';
import type { Application, NativeString } from '../types.ts';
import { hostName } from '../core/request/url.ts';

export interface MountOptions {
  /** The application for paths that nobody has. A 404 unless told. */
  fallback?: Application;
}

interface Route {
  /** In lower case; `''` for every host. */
  host: string;
  path: NativeString;
  application: Application;
}

/**
 * Several applications behind one, each below its own path. The longest path wins, at a segment boundary only: `/api` has
 * `/api` and `/api/x`, never `/apixyz`. It moves from `PATH_INFO` to `SCRIPT_NAME`, in a copy of the environ. A path behind
 * `//` and a host name is for that host alone, and comes before paths for all.
 *
 * ```ts
 * const site = mount({ '/': pages, '/api': api, '//admin.example.com/': admin });
 * ```
 *
 * @throws {TypeError} for a path that does not begin with a slash or climbs, an unknown option, or what is no application
 */
export function mount(
  applications: Readonly<Record<string, Application>>,
  options: MountOptions = {},
): Application {
  checkOptions('mount', options, { fallback: isFunction });
  const { fallback = notFound } = options;
  const routes = Object.entries(applications).map(([place, application]) =>
    readRoute(place, application),
  );
  // The first that fits is the best: named hosts, then long paths.
  routes.sort(
    (one, other) =>
      Number(other.host !== '') - Number(one.host !== '') || other.path.length - one.path.length,
  );
  return (environ, startResponse) => {
    const host = hostName(environ);
    const route = routes.find(
      (one) => (one.host === '' || one.host === host) && isBelow(environ.PATH_INFO, one.path),
    );
    if (!route) return fallback(environ, startResponse);
    const { application, path } = route;
    const mounted = copyEnviron(environ);
    moveToScriptName(mounted, path);
    return application(mounted, startResponse);
  };
}

function readRoute(place: string, application: Application): Route {
  checkApplication(application);
  const [, host, path] = /^(?:\/\/([^/]+))?(.*)$/s.exec(place) ?? [];
  const prefix = path?.replace(/\/$/, '') ?? '';
  const [first, ...segments] = prefix.split('/');
  // An empty place would have every path without saying so.
  if (place === '' || first !== '' || segments.some((one) => /^\.{0,2}$/.test(one))) {
    throw new TypeError(
      `a mount is a path such as '/api', or '//host/path'; got ${describe(place)}`,
    );
  }
  return { host: host?.toLowerCase() ?? '', path: encodeNative(prefix), application };
}

const notFound = text('Not Found\n', { status: '404 Not Found' });
