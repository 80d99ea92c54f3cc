/** What the subcommands share: options, help, and errors of the command line. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The options of a subcommand, as `parseArgs` takes them. */
type Options = NonNullable<ParseArgsConfig['options']>;

export interface Command {
  /** One line for `gatecall --help`. */
  summary: string;
  /** @returns the exit code: 0, or 1 when what was asked for has failed */
  run(args: string[]): Promise<number>;
}

/** The command line makes no sense. Its message is all the user sees; exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export interface CommandDefinition<O extends Options> {
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Without `--help`, which every subcommand has. */
  readonly options: O;
}

/** The values of options as `parseArgs` types them. */
export type OptionValues<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>['values'];

/**
 * Makes a subcommand of its options, its help and its work.
 *
 * ```ts
 * const HELP = 'Usage: gatecall greet <name>';
 * export const greet = defineCommand(
 *   { summary: 'say hello', help: HELP, options: { loud: { type: 'boolean' } } },
 *   async ({ loud }, [name]) => (say(loud ? `HELLO ${name}` : `hello ${name}`), 0),
 * );
 * ```
 */
export function defineCommand<const O extends Options>(
  { summary, help, options }: CommandDefinition<O>,
  run: (values: OptionValues<O>, positionals: string[]) => Promise<number>,
): Command {
  return {
    summary,
    run: async (args) => {
      const { values, positionals } = parse(args, options);
      if ((values as { help?: boolean }).help) {
        process.stdout.write(help);
        return 0;
      }
      return await run(values, moveOverrides(values, positionals));
    },
  };
}

/** @throws {UsageError} in place of Node's own errors about the command line */
function parse<O extends Options>(
  args: string[],
  options: O,
): { values: OptionValues<O>; positionals: string[] } {
  try {
    const config: Options = {
      ...options,
      help: { type: 'boolean', short: 'h' },
    };
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: config });
    return { values: { ...values } as OptionValues<O>, positionals };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    // What follows the first sentence is advice on `--`, which helps with none of our options.
    throw new UsageError(message.split(/[.\n]( |$)/, 1)[0] ?? message);
  }
}

/**
 * `--parameter-overrides A=1 B=2`: sam takes more of them without quotes, so that B=2 is no
 * positional.
 */
function moveOverrides(values: object, positionals: string[]): string[] {
  const { 'parameter-overrides': overrides } = values as { 'parameter-overrides'?: string[] };
  if (!overrides || overrides.length === 0) return positionals;
  const isOverride = (text: string): boolean => /^[\w:]+=/.test(text);
  overrides.push(...positionals.filter(isOverride));
  return positionals.filter((text) => !isOverride(text));
}
