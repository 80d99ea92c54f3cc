#!/usr/bin/env node
/** The command `gatecall`: finds the subcommand, runs it, and turns what happened into an exit code. */
import { createRequire } from 'node:module';
import { check } from './cli/check.ts';
import { type Command, UsageError } from './cli/command.ts';
import { generateEvent } from './cli/generate-event.ts';
import { invoke } from './cli/invoke.ts';
import { serve } from './cli/serve.ts';
import { replay } from './cli/replay.ts';
import { startApi } from './cli/start-api.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['start-api', startApi],
  ['invoke', invoke],
  ['generate-event', generateEvent],
  ['check', check],
  ['serve', serve],
  ['replay', replay],
]);

const HELP = `Usage: gatecall <command> [options]

Commands:
${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(16)}${summary}\n`).join('')}
  gatecall <command> --help   the options of a command
  gatecall --version          the version of gatecall
`;

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined) throw new UsageError('no command given');
  if (['--help', '-h', 'help'].includes(name)) {
    process.stdout.write(HELP);
    return 0;
  }
  if (['--version', '-v'].includes(name)) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = COMMANDS.get(name);
  if (!command) {
    throw new UsageError(
      `there is no command ${JSON.stringify(name)}; there are ${[...COMMANDS.keys()].join(', ')}`,
    );
  }
  return command.run(args);
}

function version(): string {
  // By its own name, because this file lies at another depth in src than in dist.
  const manifest = createRequire(import.meta.url)('gatecall/package.json') as { version: string };
  return manifest.version;
}

// `gatecall … | head -1`: a reader who has seen enough is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nRun \`gatecall --help\` for usage.\n`);
  process.exitCode = 2;
}
