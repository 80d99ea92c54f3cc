/** Reads the template's file, and the files that it includes. */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeFolder } from './code-folder.ts';
import type { Notes } from './notes.ts';
import type { Node } from './tree.ts';
import { parseYaml, YamlError } from './yaml.ts';

/** The tree of a file; undefined, with a note, if it cannot be read. */
export function readTree(file: string, notes: Notes): Node | undefined {
  const place = { file, line: 1, column: 1 };
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    notes.error('file', `cannot read ${file}: ${reason}`, { place });
    return undefined;
  }
  try {
    const { root, problems } = parseYaml(text, file);
    for (const problem of problems) notes.error('yaml', problem.message, { place: problem.place });
    return root;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    notes.error('yaml', error.message, { place: error.place });
    return undefined;
  }
}

/** CloudFormation itself takes 1 MB. */
const MAX_BYTES = 4 * 1024 * 1024;

function readText(file: string): string {
  const stat = statSync(file);
  if (!stat.isFile()) throw new Error('it is no file');
  if (stat.size > MAX_BYTES) {
    throw new Error(`it has ${stat.size} bytes, more than the ${MAX_BYTES} a template may have`);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
}

/**
 * Returns a function that reads a file of the project that a template names, and applies `work` to
 * its tree. It reads each file once, and notes a file that includes itself.
 */
export function includer(
  project: string,
  template: string,
  notes: Notes,
  work: (tree: Node) => Node | undefined,
): (uri: Node) => Node | undefined {
  const done = new Map<string, Node | undefined>();
  const open = new Set([template]);
  return (uri) => {
    const { place } = uri;
    if (uri.kind !== 'scalar' || uri.unknown || /^(s3|https?):/.test(uri.text)) {
      notes.warning('definition', 'this lies in S3 and is not read', { place });
      return undefined;
    }
    const { problem, folder: file } = codeFolder(project, dirname(place.file), uri.text);
    if (problem === 'outside' || problem === 'missing') {
      const reason = problem === 'outside' ? 'leads out of the project' : 'is not there';
      notes.error('definition', `${uri.text} ${reason}`, { place });
      return undefined;
    }
    if (open.has(file)) {
      notes.error('cycle', `${uri.text} includes itself`, { place });
      return undefined;
    }
    if (done.has(file)) return done.get(file);
    open.add(file);
    const tree = readTree(file, notes);
    const value = tree && work(tree);
    open.delete(file);
    done.set(file, value);
    return value;
  };
}
