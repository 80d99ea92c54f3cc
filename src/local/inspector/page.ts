/** The files of the page in `page/`, which the build copies beside this module. */
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';

export interface PageFile {
  type: string;
  content: Buffer;
}
/** By name, `index.html`. Nothing else can be asked for, so that no path needs to be checked. */
export type Page = ReadonlyMap<string, PageFile>;

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

export async function readPage(): Promise<Page> {
  const folder = new URL('page/', import.meta.url);
  const names = await readdir(folder);
  const files = names.map(async (name): Promise<[string, PageFile][]> => {
    const type = TYPES.get(extname(name));
    return type === undefined
      ? []
      : [[name, { type, content: await readFile(new URL(name, folder)) }]];
  });
  return new Map((await Promise.all(files)).flat());
}

/** The page itself, with what its scripts need to know. */
export function indexOf(page: Page, token: string): string {
  const { content } = page.get('index.html') ?? {};
  if (!content) throw new Error('page/index.html is missing: run `npm run build`');
  return content.toString('utf8').replace('{{token}}', token);
}
