/** What the subcommands have in common. */

export interface Command {
  /** One line for `gatecall --help`. */
  summary: string;
  /** @returns the exit code: 0, or 1 when what was asked for has failed */
  run(args: string[]): Promise<number>;
}

/** The command line cannot be obeyed. Its message is all the user sees; exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The result of `parse`, Node's own complaints about the command line turned into ours. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    // What follows the first sentence is advice on `--`, which helps with none of our options.
    throw new UsageError(message.split(/[.\n]( |$)/, 1)[0] ?? message);
  }
}
