/** `gatecall invoke <LogicalId>`: a function of a template run on an event. */
import { CodeError, startFunctions } from '../local/functions.ts';
import { replyOf } from '../local/functions/reply.ts';
import type { Project } from '../local/project.ts';
import { UsageError } from './command.ts';
import { printJson, say } from './terminal.ts';

/**
 * Prints the result as JSON; what the function logs goes to standard error.
 *
 * @returns the exit code
 * @throws {UsageError} when the template has no such function
 */
export async function invokeFunction(
  project: Project,
  id: string | undefined,
  event: unknown,
  repeat: number,
): Promise<number> {
  const definition = findFunction(project, id);
  const functions = startFunctions(project, {
    watch: false,
    onLog: ({ text }) => say(text),
  });
  let exitCode = 0;
  try {
    for (let nth = 0; nth < repeat; nth++) {
      const { ok, value } = replyOf(await functions.invoke(definition.id, event));
      printJson(JSON.stringify(value));
      if (!ok) exitCode = 1;
    }
  } catch (error) {
    if (!(error instanceof CodeError || error instanceof RangeError)) throw error;
    const { name: errorType, message: errorMessage } = error;
    printJson(JSON.stringify({ errorType, errorMessage, trace: [] }));
    exitCode = 1;
  } finally {
    await functions.close();
  }
  return exitCode;
}

function findFunction({ functions, file }: Project, id: string | undefined) {
  const [only, ...others] = functions;
  if (id === undefined && only && others.length === 0) return only;
  const found = functions.find((it) => it.id === id);
  if (found) return found;
  const known = functions.map((it) => it.id).join(', ') || 'none';
  if (id === undefined) throw new UsageError(`which function? ${file} has ${known}`);
  throw new UsageError(`${file} has no function ${id}; its functions: ${known}`);
}
