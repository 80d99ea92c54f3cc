/** From a path to an open file: what is not to be had is `undefined`, as if it were not there. */
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
  index: string | false;
  dotfiles: 'ignore' | 'allow';
  symlinks: 'inside' | 'follow' | 'ignore';
  precompressed: readonly Coding[];
}

type Coding = 'br' | 'zstd' | 'gzip';
const SUFFIX: Readonly<Record<Coding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

/** A file, open: whoever gets it closes it. */
export interface Found {
  /** Below the root, with slashes, of the file that was asked for. */
  path: string;
  /** The real path of what is open. */
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
  const isFolder = segments.at(-1) === '';
  if (isFolder) {
    if (where.index === false) return undefined;
    segments[segments.length - 1] = where.index;
  }
  const path = segments.join('/');
  const varies = where.precompressed.length > 0;
  const plain = await open(node, where, segments);
  if (plain === 'folder') {
    // Relative links in an index need the slash.
    const there =
      where.index !== false && !isFolder && (await open(node, where, [...segments, where.index]));
    if (!there || there === 'folder') return undefined;
    await there.handle.close();
    return { location: withSlash(environ) };
  }
  if (!plain) return undefined;
  const coding = chooseEncoding(environ.HTTP_ACCEPT_ENCODING, where.precompressed);
  const copy = coding && (await openCopy(node, where, segments, SUFFIX[coding], plain.handle));
  if (copy) return { path, ...copy, coding, varies };
  return { path, ...plain, coding: undefined, varies };
}

/** The segments of a path; the last is `''` for a folder. Undefined for what no link of ours would say. */
function segmentsOf(pathInfo: string, { dotfiles }: Where): string[] | undefined {
  const path = decodeNative(pathInfo === '' ? '/' : pathInfo);
  // A backslash parts names on Windows. U+FFFD stands for bytes that are no text.
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
    const wanted = path.join(base, ...segments);
    if (!inside(path, base, wanted)) return undefined;
    const real = await fs.promises.realpath(wanted);
    if (symlinks === 'ignore' && real !== wanted) return undefined;
    const within = inside(path, base, real);
    if (symlinks === 'inside' && !within) return undefined;
    // Not only by its own name: a link leads there too, and on Windows a short name or a trailing dot.
    if (within && dotfiles !== 'allow' && hidden(path.relative(base, real), path.sep))
      return undefined;
    // A pipe would keep whoever opens it waiting, so what it is, is asked first.
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

/** What a path alone can cause. Anything else, such as too many open files, is a failure that has to show. */
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

/** The compressed copy beside a file; the file itself is closed when there is one, and when looking for it fails. */
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

function hidden(relative: string, sep: string): boolean {
  return relative.split(sep).some((name) => name.startsWith('.'));
}

function inside({ sep }: FileSystem['path'], base: string, path: string): boolean {
  return path.startsWith(base.endsWith(sep) ? base : base + sep);
}

/** A path alone, which keeps the client's scheme and host; several slashes in front would name another host. */
function withSlash(environ: Environ): string {
  const path = percentEncode(environ.SCRIPT_NAME + environ.PATH_INFO, "/:@!$&'()*+,;=");
  // What cannot stand in a header is left behind.
  const query = /^[\x21-\x7e]+$/.test(environ.QUERY_STRING) ? `?${environ.QUERY_STRING}` : '';
  return `${path.replace(/^\/+/, '/')}/${query}`;
}
