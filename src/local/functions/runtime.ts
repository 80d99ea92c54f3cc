/** Chooses the runtime client: AWS's own if the project has it, else gatecall's. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startedFile } from '../started-file.ts';

export interface RuntimeClient {
  /** Its file. */
  readonly file: string;
  /** `aws-lambda-ric`, or `gatecall` for ours. */
  readonly name: string;
}

/** Node loads it before either client; see `preload.ts`. */
export const preload: string = pathToFileURL(startedFile('preload.js')).href;

/** AWS's compiled client in a folder or one above it, up to the project's; else gatecall's. */
export function findRuntimeClient(folder: string, projectFolder: string): RuntimeClient {
  for (let at = folder; ; at = dirname(at)) {
    const ric = join(at, 'node_modules/aws-lambda-ric');
    const isCompiled = ['', 'bin', 'dist', 'build/Release'].some((it) =>
      existsSync(join(ric, it, 'rapid-client.node')),
    );
    const file = ['index.mjs', 'bin/index.mjs']
      .map((it) => join(ric, it))
      .find((it) => existsSync(it));
    if (isCompiled && file !== undefined) return { file, name: 'aws-lambda-ric' };
    if (at === projectFolder || at === dirname(at)) break;
  }
  return { file: startedFile('client.js'), name: 'gatecall' };
}
