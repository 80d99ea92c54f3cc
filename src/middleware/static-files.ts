import { text } from '../core/response/answers.ts';
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
import { type FileSystem, locate, type Where } from './static-files/locate.ts';
import { sendFile, type SetHeaders, tagger } from './static-files/send.ts';

export type { FileHeaders, FileStat } from './static-files/send.ts';

export interface StaticFilesOptions {
  /** The folder. Relative paths count from the process's working directory. */
  root: string;
  /**
   * The file that answers for a folder, whose path ends in a slash, or several names, best first.
   * `false` for none. Default: `'index.html'`.
   */
  index?: string | readonly string[] | false;
  /**
   * Extensions to try, best first, for a name without one that is no file: with `['html']`,
   * `/about` is answered by `about.html`. `false` for none. Default: `false`.
   */
  extensions?: readonly string[] | false;
  /**
   * Whether `/folder` is redirected to `/folder/`, if the folder has an index. Otherwise it is a
   * path without a file. Default: true.
   */
  redirect?: boolean;
  /**
   * Files and folders whose name begins with a dot: `'ignore'` as if they did not exist, or
   * `'allow'`. Default: `'ignore'`.
   */
  dotfiles?: 'ignore' | 'allow';
  /**
   * Symbolic links: followed if they stay inside the root (`'inside'`), always, or never.
   * Default: `'inside'`.
   */
  symlinks?: 'inside' | 'follow' | 'ignore';
  /**
   * The `Cache-Control` of a file, or a function of its path below the root. `false` for none. It
   * stands for serve-static's `maxAge` and `immutable`: `'public, max-age=3600, immutable'`.
   * Default: `'public, max-age=0'`.
   */
  cacheControl?: string | false | ((path: string) => string);
  /**
   * The source of an ETag: `'stat'`, size and time of change, or `'content'`, a hash. Default: size
   * and time, but content if a packing tool set the time (Nix 1970, CDK and zip 1980, npm 1985).
   */
  etag?: 'stat' | 'content' | false;
  /** Whether files have a `Last-Modified`. Default: true. */
  lastModified?: boolean;
  /** Whether clients may ask for ranges. Without, `Range` is ignored. Default: true. */
  acceptRanges?: boolean;
  /**
   * Changes the headers of a file before they are sent, as in serve-static, at once: `response` has
   * `getHeader`, `setHeader` and `removeHeader`; `path` is that below the root.
   */
  setHeaders?: SetHeaders;
  /**
   * Codings of which a compressed copy may lie beside a file: `app.js.br`, `.zst`, `.gz`.
   * Default: none.
   */
  precompressed?: readonly ('br' | 'zstd' | 'gzip')[];
  /** A media type by a file's path; `undefined` for the usual one. */
  contentType?: (path: string) => string | undefined;
  /**
   * Whether the application gets paths without a file, and methods other than GET and HEAD.
   * Otherwise, and without an application, they are answered with 404 and 405. Default: true.
   */
  fallthrough?: boolean;
}

/**
 * Serves the files of a folder: ranges, also several, conditional requests, HEAD, and compressed
 * copies. A file is read in blocks of 64 KiB, never as a whole. The application gets the paths
 * without a file; without an application these are answered with a 404.
 *
 * ```ts
 * const site = mount({ '/': application, '/static': staticFiles({ root: 'public' }) });
 * const wrapped = staticFiles(application, { root: 'public', extensions: ['html'] });
 * ```
 *
 * No path leaves the root: `staticFiles` checks it decoded, as `PATH_INFO` holds it, and again
 * after it has followed symbolic links. The module loads on any host; Node's file system is loaded
 * when `staticFiles` is called.
 *
 * @throws {TypeError} for an unknown or missing option, or when `application` is no function
 * @throws {Error} if the root is no folder, or on a host without `node:fs`
 */
export function staticFiles(options: StaticFilesOptions): Application;
export function staticFiles(application: Application, options: StaticFilesOptions): Application;
export function staticFiles(
  ...args: [StaticFilesOptions] | [Application, StaticFilesOptions]
): Application {
  const [first] = args;
  if (args.length === 1 && typeof first !== 'function') return serveFolder(undefined, first);
  const [application, options = {} as StaticFilesOptions] = args as [
    Application,
    StaticFilesOptions,
  ];
  checkApplication(application);
  return serveFolder(application, options);
}

const isFileName = (value: unknown): boolean => isText(value) && /^[^/\\\0]+$/.test(value);
const isExtension = (value: unknown): boolean =>
  isText(value) && /^[^./\\\0][^/\\\0]*$/.test(value);

function serveFolder(
  application: Application | undefined,
  options: StaticFilesOptions,
): Application {
  checkOptions('staticFiles', options, {
    root: (value) => isText(value) && value !== '',
    index: (value) => value === false || isFileName(value) || isListOf(isFileName)(value),
    extensions: (value) => value === false || isListOf(isExtension)(value),
    redirect: isFlag,
    dotfiles: isOneOf('ignore', 'allow'),
    symlinks: isOneOf('inside', 'follow', 'ignore'),
    cacheControl: (value) => value === false || isText(value) || isFunction(value),
    etag: isOneOf('stat', 'content', false),
    lastModified: isFlag,
    acceptRanges: isFlag,
    setHeaders: isFunction,
    precompressed: isListOf(isOneOf('br', 'zstd', 'gzip')),
    contentType: isFunction,
    fallthrough: isFlag,
  });
  const { cacheControl = 'public, max-age=0', fallthrough = true } = options;
  const node: FileSystem = {
    fs: nodeModule('node:fs', 'staticFiles()') as FileSystem['fs'],
    path: nodeModule('node:path', 'staticFiles()') as FileSystem['path'],
  };
  const where = readWhere(node, options);
  const next = fallthrough ? application : undefined;
  const { lastModified: dated = true, acceptRanges: ranged = true, setHeaders } = options;
  const common = { tag: tagger(options.etag), dated, ranged, setHeaders };

  return async (environ, startResponse) => {
    const method = environ.REQUEST_METHOD;
    if (method !== 'GET' && method !== 'HEAD') {
      return (next ?? notAllowed)(environ, startResponse);
    }
    const found = await locate(node, where, environ);
    if (found === undefined) return (next ?? notFound)(environ, startResponse);
    if ('location' in found) return redirect(found.location)(environ, startResponse);
    const { path } = found;
    return sendFile(environ, startResponse, found, {
      ...common,
      type: options.contentType?.(path) ?? contentType(path),
      cache: typeof cacheControl === 'function' ? cacheControl(path) : cacheControl,
    });
  };
}

/**
 * @throws {Error} if the root is no folder: better when the application starts than as a 404 for
 *   each file
 */
function readWhere({ fs, path }: FileSystem, options: StaticFilesOptions): Where {
  const { index = 'index.html', extensions, dotfiles = 'ignore', symlinks = 'inside' } = options;
  if (options.root === undefined) throw new TypeError('staticFiles needs the option root');
  const root = path.resolve(options.root);
  const stat = fs.statSync(root, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) {
    const fault = stat ? 'is no folder' : 'does not exist';
    throw new Error(
      `the root of staticFiles ${fault}: ${root}; a relative path counts from the working directory`,
    );
  }
  return {
    root,
    index: index === false ? [] : [index].flat(),
    extensions: extensions || [],
    redirect: options.redirect ?? true,
    dotfiles,
    symlinks,
    precompressed: options.precompressed ?? [],
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
