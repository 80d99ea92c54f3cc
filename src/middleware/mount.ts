import { text } from '../core/response/answers.ts';
import { describe } from '../base/bytes.ts';
import { copyEnviron, isBelow, moveToScriptName } from '../core/request/environ.ts';
import { encodeNative } from '../base/native.ts';
import { checkApplication, checkOptions, isFunction } from '../core/options.ts';
import type { Application, NativeString } from '../types.ts';
import { hostName } from '../core/request/url.ts';

export interface MountOptions {
  /** The application for every other path. Default: a 404. */
  fallback?: Application;
}

interface Route {
  /** In lower case; `''` for every host. */
  host: string;
  path: NativeString;
  application: Application;
}

/**
 * Joins several applications into one, each below its own path. The longest path wins, and only
 * whole segments count: `/api` takes `/api` and `/api/x`, but not `/apixyz`. The application gets a
 * copy of the environ, in which that path has moved from `PATH_INFO` to `SCRIPT_NAME`. A path after
 * `//` and a host name is for that host only, and wins over a path for every host.
 *
 * ```ts
 * const site = mount({ '/': pages, '/api': api, '//admin.example.com/': admin });
 * ```
 *
 * @throws {TypeError} for a path without a slash in front or with dot segments, for an unknown
 *   option, or when an application is no function
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
  // The first match is the best: named hosts come first, then long paths.
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
  // An empty key would silently take every path.
  if (place === '' || first !== '' || segments.some((one) => /^\.{0,2}$/.test(one))) {
    throw new TypeError(
      `a mount is a path such as '/api', or '//host/path'; got ${describe(place)}`,
    );
  }
  return { host: host?.toLowerCase() ?? '', path: encodeNative(prefix), application };
}

const notFound = text('Not Found\n', { status: '404 Not Found' });
