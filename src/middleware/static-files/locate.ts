/**
 * From a path to an open file. A file that must not be served is `undefined`, like one that does
 * not exist.
 */
import type * as nodeFs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type * as nodePath from 'node:path';
import { chooseEncoding } from '../../http/accept-encoding.ts';
import { decodeNative, percentEncode } from '../../base/native.ts';
import type { Environ } from '../../types.ts';

export interface FileSystem {
  fs: typeof nodeFs;
  path: typeof nodePath;
}

export interface Where {
  /** Absolute. */
  root: string;
  /** The names that answer for a folder, best first. */
  index: readonly string[];
  /** Without their dot, best first. */
  extensions: readonly string[];
  /** Whether a folder without a slash at its end is redirected. */
  redirect: boolean;
  dotfiles: 'ignore' | 'allow';
  symlinks: 'inside' | 'follow' | 'ignore';
  precompressed: readonly Coding[];
}

type Coding = 'br' | 'zstd' | 'gzip';
const SUFFIX: Readonly<Record<Coding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

/** An open file. Its receiver closes it. */
export interface Found {
  /** Of the file that was asked for: below the root, with slashes. */
  path: string;
  /** The real path of the open file. */
  real: string;
  handle: FileHandle;
  stat: nodeFs.BigIntStats;
  coding: Coding | undefined;
  /** Whether another copy could have been chosen. */
  varies: boolean;
}

export async function locate(
  node: FileSystem,
  where: Where,
  environ: Environ,
): Promise<Found | { location: string } | undefined> {
  const segments = segmentsOf(environ.PATH_INFO, where);
  if (!segments) return undefined;
  const name = segments.pop() ?? '';
  if (name === '') return openFirst(node, where, environ, segments, where.index);
  const plain = await open(node, where, [...segments, name]);
  if (plain === 'folder') return redirectTo(node, where, environ, [...segments, name]);
  if (plain) return choose(node, where, environ, [...segments, name], plain);
  // As serve-static: an extension is added only to a name without one.
  if (node.path.extname(name) !== '') return undefined;
  const names = where.extensions.map((extension) => `${name}.${extension}`);
  return openFirst(node, where, environ, segments, names);
}

/** The first file of these names in a folder. */
async function openFirst(
  node: FileSystem,
  where: Where,
  environ: Environ,
  folder: readonly string[],
  names: readonly string[],
): Promise<Found | undefined> {
  for (const name of names) {
    const segments = [...folder, name];
    const opened = await open(node, where, segments);
    if (opened && opened !== 'folder') return choose(node, where, environ, segments, opened);
  }
  return undefined;
}

/**
 * The address with a slash, which relative links in an index need; none for a folder without an
 * index.
 */
async function redirectTo(
  node: FileSystem,
  where: Where,
  environ: Environ,
  folder: readonly string[],
): Promise<{ location: string } | undefined> {
  if (!where.redirect) return undefined;
  for (const name of where.index) {
    const there = await open(node, where, [...folder, name]);
    if (!there || there === 'folder') continue;
    await there.handle.close();
    return { location: withSlash(environ) };
  }
  return undefined;
}

/** A file, or the compressed copy of it that the client prefers. */
async function choose(
  node: FileSystem,
  where: Where,
  environ: Environ,
  segments: readonly string[],
  plain: Opened,
): Promise<Found> {
  const path = segments.join('/');
  const varies = where.precompressed.length > 0;
  const coding = chooseEncoding(environ.HTTP_ACCEPT_ENCODING, where.precompressed);
  const copy = coding && (await openCopy(node, where, segments, SUFFIX[coding], plain.handle));
  if (copy) return { path, ...copy, coding, varies };
  return { path, ...plain, coding: undefined, varies };
}

/** The segments of a path; the last is `''` for a folder. Undefined for a path that no file has. */
function segmentsOf(pathInfo: string, { dotfiles }: Where): string[] | undefined {
  const path = decodeNative(pathInfo === '' ? '/' : pathInfo);
  // A backslash separates names on Windows. U+FFFD stands for bytes that are no UTF-8.
  if (!path.startsWith('/') || /[\0\\\ufffd]/.test(path)) return undefined;
  const segments = path.slice(1).split('/');
  const last = segments.length - 1;
  const refused = segments.some(
    (name, index) =>
      (name === '' && index < last) ||
      name === '.' ||
      name === '..' ||
      (name.startsWith('.') && dotfiles !== 'allow'),
  );
  return refused ? undefined : segments;
}

type Opened = Pick<Found, 'real' | 'handle' | 'stat'>;

async function open(
  { fs, path }: FileSystem,
  { root, symlinks, dotfiles }: Where,
  segments: readonly string[],
): Promise<Opened | 'folder' | undefined> {
  try {
    const base = await fs.promises.realpath(root);
    // Not as arguments: 100,000 of them overflow the stack.
    const wanted = path.join(base, segments.join(path.sep));
    if (!isInside(path, base, wanted)) return undefined;
    const real = await fs.promises.realpath(wanted);
    if (symlinks === 'ignore' && real !== wanted) return undefined;
    const within = isInside(path, base, real);
    if (symlinks === 'inside' && !within) return undefined;
    // The path has been checked already; a link, on Windows also a short name or a trailing dot,
    // can lead to a dotfile under another name.
    if (within && dotfiles !== 'allow' && hasDotName(path.relative(base, real), path.sep)) {
      return undefined;
    }
    // Before it is opened: the opening of a pipe would wait for a writer.
    const kind = await fs.promises.stat(real);
    if (kind.isDirectory()) return 'folder';
    if (!kind.isFile()) return undefined;
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
    const handle = await fs.promises.open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return await describeOpen(real, handle);
  } catch (error) {
    if (ABSENT.has(String((error as { code?: unknown }).code))) return undefined;
    throw error;
  }
}

/** The errors that a path alone can cause. Any other, such as too many open files, is thrown. */
const ABSENT: ReadonlySet<string> = new Set([
  'EACCES',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
]);

async function describeOpen(real: string, handle: FileHandle): Promise<Opened | undefined> {
  try {
    const stat = await handle.stat({ bigint: true });
    if (stat.isFile()) return { real, handle, stat };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/**
 * The compressed copy beside a file. Closes the file if there is a copy, and if the search fails.
 */
async function openCopy(
  node: FileSystem,
  where: Where,
  segments: readonly string[],
  suffix: string,
  plain: FileHandle,
): Promise<Opened | undefined> {
  let copy: Opened | 'folder' | undefined;
  try {
    const name = segments.at(-1) ?? '';
    copy = await open(node, where, [...segments.slice(0, -1), name + suffix]);
  } catch (error) {
    await plain.close();
    throw error;
  }
  if (copy === undefined || copy === 'folder') return undefined;
  await plain.close();
  return copy;
}

function hasDotName(relative: string, sep: string): boolean {
  return relative.split(sep).some((name) => name.startsWith('.'));
}

function isInside({ sep }: FileSystem['path'], base: string, path: string): boolean {
  return path.startsWith(base.endsWith(sep) ? base : base + sep);
}

/**
 * A path alone keeps the client's scheme and host. Several slashes in front would name another
 * host.
 */
function withSlash(environ: Environ): string {
  const path = percentEncode(environ.SCRIPT_NAME + environ.PATH_INFO, "/:@!$&'()*+,;=");
  // Without a query that cannot stand in a header.
  const query = /^[\x21-\x7e]+$/.test(environ.QUERY_STRING) ? `?${environ.QUERY_STRING}` : '';
  return `${path.replace(/^\/+/, '/')}/${query}`;
}
