/** Makes the code of a function ready to run. */
import { statSync } from 'node:fs';
import type { FunctionDefinition, Project } from '../project.ts';
import { createBuild } from './build.ts';
import { type Code, CodeError, type CodeOptions } from './code.ts';
import { moduleFile, parseHandler } from './handler.ts';
import { sourceFolders, watchFolders } from './watch.ts';

export function openCode(
  definition: FunctionDefinition,
  project: Project,
  options: CodeOptions,
): Code {
  const { id, runtime, unsupported } = definition;
  if (unsupported !== undefined) return unavailableCode(`${id}: ${unsupported}`);
  if (!/^nodejs\d+\.x$/.test(runtime)) {
    return unavailableCode(`${id} has runtime ${runtime}; gatecall runs Node.js functions only`);
  }
  return definition.build
    ? createBuild(definition, definition.build, project, options)
    : plainCode(definition, options);
}

/** JavaScript that runs without a build. */
function plainCode(definition: FunctionDefinition, options: CodeOptions): Code {
  const { codeFolder, handler, id } = definition;
  const watcher = options.watch
    ? watchFolders(sourceFolders(codeFolder), options.onChange)
    : undefined;
  return {
    folder: async () => {
      if (!statSync(codeFolder, { throwIfNoEntry: false })?.isDirectory()) {
        throw new CodeError(`${id}: its CodeUri, ${codeFolder}, is no folder`);
      }
      try {
        moduleFile(codeFolder, parseHandler(handler));
      } catch (error) {
        throw new CodeError(`${id}: Handler ${handler}: ${(error as Error).message}`);
      }
      return codeFolder;
    },
    close: async () => watcher?.close(),
  };
}

function unavailableCode(message: string): Code {
  return {
    folder: () => Promise.reject(new CodeError(message)),
    close: () => Promise.resolve(),
  };
}
