/** Files of the command that processes are started with: the build lays them beside the command. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Found by the package's name, as the sources lie elsewhere; what is started is always built. */
export function startedFile(name: string): string {
  const manifest = createRequire(import.meta.url).resolve('gatecall/package.json');
  return join(dirname(manifest), 'dist/command', name);
}
