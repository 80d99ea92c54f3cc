/** Which runtime client runs a function: AWS's own where the project has it, ours else. */
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

/** Loaded before the client, whichever it is: reports what the application is asked and answers. */
export const preload: string = pathToFileURL(startedFile('preload.js')).href;

/** AWS's client of a folder or one above it, up to the project's; it must have been compiled. */
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
