#!/usr/bin/env node
/** The command `gatecall`: runs a subcommand and sets the exit code. */
import { createRequire } from 'node:module';
import { type Command, UsageError } from './cli/command.ts';
import { say } from './cli/terminal.ts';

/** Each is loaded when it is called, so that none slows another down. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['start-api', async () => (await import('./cli/start-api.ts')).startApi],
  ['invoke', async () => (await import('./cli/invoke.ts')).invoke],
  ['generate-event', async () => (await import('./cli/generate-event.ts')).generateEvent],
  ['check', async () => (await import('./cli/check.ts')).check],
  ['replay', async () => (await import('./cli/replay.ts')).replay],
  ['serve', async () => (await import('./cli/serve.ts')).serve],
]);

async function help(): Promise<string> {
  const lines: string[] = [];
  for (const [name, load] of COMMANDS) lines.push(`  ${name.padEnd(16)}${(await load()).summary}`);
  return `Usage: gatecall <command> [options]

Commands:
${lines.join('\n')}

  gatecall <command> --help   the options of a command
  gatecall --version          the version of gatecall
`;
}

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined) throw new UsageError('no command given');
  if (['--help', '-h', 'help'].includes(name)) {
    process.stdout.write(await help());
    return 0;
  }
  if (['--version', '-v'].includes(name)) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const load = COMMANDS.get(name);
  if (!load) {
    throw new UsageError(
      `there is no command ${JSON.stringify(name)}; there are ${[...COMMANDS.keys()].join(', ')}`,
    );
  }
  return (await load()).run(args);
}

function version(): string {
  // By its own name, because this file lies at another depth in src than in dist.
  const manifest = createRequire(import.meta.url)('gatecall/package.json') as { version: string };
  return manifest.version;
}

// `gatecall … | head -1` closes the pipe early, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`${error.message}\nRun \`gatecall --help\` for usage.`);
  process.exitCode = 2;
}
