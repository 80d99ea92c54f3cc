import { text } from '../core/response/body.ts';
import { nodeModule } from '../base/node-module.ts';
import {
  checkApplication,
  checkOptions,
  isFlag,
  isFunction,
  isListOf,
  isOneOf,
  isText,
} from '../core/options.ts';
import type { Application } from '../types.ts';
import { contentType } from '../http/media-types.ts';
import { type FileSystem, type Found, locate } from './static-files/locate.ts';
import { sendFile, tagger } from './static-files/send.ts';

export interface StaticFilesOptions {
  /** The folder. Relative paths count from the process's working directory. */
  root: string;
  /** The file that answers for a folder, whose path ends in a slash. `'index.html'` unless told; `false` for none. */
  index?: string | false;
  /** Files and folders whose name begins with a dot: `'ignore'` as if they were not there (unless told), or `'allow'`. */
  dotfiles?: 'ignore' | 'allow';
  /** Symbolic links: followed where they stay inside the root (`'inside'`, unless told), always, or never. */
  symlinks?: 'inside' | 'follow' | 'ignore';
  /** The `Cache-Control` of a file, by its path below the root. `'public, max-age=0'` unless told; `false` for none. */
  cacheControl?: string | false | ((path: string) => string);
  /**
   * What an ETag is made of: `'stat'`, size and time of change, or `'content'`, a hash. Unless told, by size and time, and by content
   * where the time says nothing, because it was set by what packed the file (Nix 1970, CDK and zip 1980, npm 1985).
   */
  etag?: 'stat' | 'content' | false;
  /** Codings for which a compressed copy may lie beside a file: `app.js.br`, `.zst`, `.gz`. None unless told. */
  precompressed?: readonly ('br' | 'zstd' | 'gzip')[];
  /** A media type by a file's path, or nothing for the usual one. */
  contentType?: (path: string) => string | undefined;
  /** Whether paths without a file, and methods other than GET and HEAD, go to the application. True unless told; else a 404 or 405. */
  fallthrough?: boolean;
}

/**
 * Serves the files of a folder, and lets the application have the paths at which there is none. Ranges, also several,
 * conditional requests, HEAD, and compressed copies; a file goes out in blocks of 64 KiB, never as a whole through memory.
 *
 * ```ts
 * const site = mount({ '/': application, '/static': staticFiles(application, { root: 'public' }) });
 * ```
 *
 * No path leaves the root: it is judged decoded, as `PATH_INFO` holds it, and again after symbolic links were followed. Node's
 * file system is asked for when the middleware is made, so that its module loads on hosts without one.
 *
 * @throws {TypeError} for an unknown or missing option, or when `application` is no function
 * @throws {Error} on a host without `node:fs`
 */
export function staticFiles(application: Application, options: StaticFilesOptions): Application {
  checkApplication(application);
  checkOptions('staticFiles', options, {
    root: (value) => isText(value) && value !== '',
    index: (value) => value === false || (isText(value) && /^[^/\\\0]+$/.test(value)),
    dotfiles: isOneOf('ignore', 'allow'),
    symlinks: isOneOf('inside', 'follow', 'ignore'),
    cacheControl: (value) => value === false || isText(value) || isFunction(value),
    etag: isOneOf('stat', 'content', false),
    precompressed: isListOf(isOneOf('br', 'zstd', 'gzip')),
    contentType: isFunction,
    fallthrough: isFlag,
  });
  if (options.root === undefined) throw new TypeError('staticFiles needs the option root');
  const { index = 'index.html', dotfiles = 'ignore', symlinks = 'inside' } = options;
  const { cacheControl = 'public, max-age=0', precompressed = [], fallthrough = true } = options;
  const node: FileSystem = {
    fs: nodeModule('node:fs', 'staticFiles()') as FileSystem['fs'],
    path: nodeModule('node:path', 'staticFiles()') as FileSystem['path'],
  };
  const where = { root: node.path.resolve(options.root), index, dotfiles, symlinks, precompressed };
  const tag = tagger(options.etag);
  const describeFile = ({ path }: Found): { type: string; cache: string | false } => ({
    type: options.contentType?.(path) ?? contentType(path),
    cache: typeof cacheControl === 'function' ? cacheControl(path) : cacheControl,
  });

  return async (environ, startResponse) => {
    const method = environ.REQUEST_METHOD;
    const readable = method === 'GET' || method === 'HEAD';
    if (!readable && fallthrough) return application(environ, startResponse);
    if (!readable) return notAllowed(environ, startResponse);
    const found = await locate(node, where, environ);
    if (found === undefined) {
      return (fallthrough ? application : notFound)(environ, startResponse);
    }
    if ('location' in found) return redirect(found.location)(environ, startResponse);
    return sendFile(environ, startResponse, found, { ...describeFile(found), tag });
  };
}

const notFound = text('Not Found\n', { status: '404 Not Found' });
const notAllowed = text('Method Not Allowed\n', {
  status: '405 Method Not Allowed',
  headers: [['Allow', 'GET, HEAD']],
});

function redirect(location: string): Application {
  return text('Moved Permanently\n', {
    status: '301 Moved Permanently',
    headers: [['Location', location]],
  });
}
