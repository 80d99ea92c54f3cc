/** `gatecall serve`: an application behind an HTTP server, for development and production. */
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { isWorker } from '../gateways/node/cluster.ts';
import { StartError } from '../gateways/node/listen.ts';
import { run } from '../gateways/node/serve.ts';
import { type ServeOptions, serveSettings } from '../gateways/node/serve-options.ts';
import { RuntimeError } from '../local/functions/handler.ts';
import type { Application } from '../types.ts';
import { applicationOf } from './application.ts';
import { type Command, defineCommand, type OptionValues, UsageError } from './command.ts';
import { handlerFile, isTypeScript } from './handler.ts';
import { say } from './terminal.ts';
import { bundle, replaceSource } from './typescript.ts';

const HELP = `Usage: gatecall serve <module[:export]> [options]

Serves an application over HTTP until SIGTERM or SIGINT; SIGHUP starts new workers without losing a request.

  <module[:export]>         a file, its extension may be left out; without an export "application", "app" and the
                            default export are tried. TypeScript needs esbuild, which must be installed
      --host <name>         127.0.0.1; 0.0.0.0 where PORT is set
  -p, --port <n>            8000, or what AWS_LAMBDA_HTTP_ENDPOINT or PORT say; 0 is any that is free
      --socket <path>       a Unix socket instead
  -w, --workers <n>         processes that serve; auto is one a core. 1, or what WEB_CONCURRENCY says
      --reload              start new workers when a source file below this folder changes
      --max-requests <n>    requests after which a worker is replaced (never)
      --max-requests-jitter <n>   up to so many more
      --base-path <path>    prefix that moves to SCRIPT_NAME; may be repeated
      --trust-proxy <n>     how many proxies stand in front, whose X-Forwarded-For and -Proto are believed (0)
      --max-body <bytes>    longer requests are answered 413; 10k and 5m are fine (no limit)
      --max-header <bytes>  longer header sections are answered 431 (16k)
      --max-connections <n> that a process holds at a time; more are closed (no limit)
      --keep-alive <s>      how long an idle connection stays open (65)
      --headers-timeout <s> in which a header section must have come (30)
      --request-timeout <s> in which a whole request must have come (300)
      --stop-timeout <s>    for requests that have begun, when the server stops (30)
      --access-log          a line a request on standard output, in combined format
  -h, --help

  gatecall serve app.ts --reload
  gatecall serve dist/app.js --workers auto --trust-proxy 1 --access-log
`;

const OPTIONS = {
  host: { type: 'string' },
  port: { type: 'string', short: 'p' },
  socket: { type: 'string' },
  workers: { type: 'string', short: 'w' },
  reload: { type: 'boolean' },
  'max-requests': { type: 'string' },
  'max-requests-jitter': { type: 'string' },
  'base-path': { type: 'string', multiple: true },
  'trust-proxy': { type: 'string' },
  'max-body': { type: 'string' },
  'max-header': { type: 'string' },
  'max-connections': { type: 'string' },
  'keep-alive': { type: 'string' },
  'headers-timeout': { type: 'string' },
  'request-timeout': { type: 'string' },
  'stop-timeout': { type: 'string' },
  'access-log': { type: 'boolean' },
} as const;

type Values = OptionValues<typeof OPTIONS>;

export const serve: Command = defineCommand(
  { summary: 'serve an application over HTTP', help: HELP, options: OPTIONS },
  async (values, positionals) => {
    const [name, ...rest] = positionals;
    if (name === undefined)
      throw new UsageError('no application given: gatecall serve <module[:export]>');
    if (rest.length > 0)
      throw new UsageError(`one application at a time; got ${positionals.join(' ')}`);
    const file = handlerFile(moduleOf(name).module, process.cwd());
    const settings = settingsOf(values);
    const supervisor = settings.supervised && !isWorker();
    try {
      // A supervisor does not load the application: a worker that fails to load it is replaced.
      const application = supervisor ? unserved : await load(file, name);
      const { url } = await run(application, settings);
      if (!isWorker())
        process.stderr.write(`gatecall: ${name} is served at ${url}${workerPhrase(settings)}\n`);
      return 0;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      say(`gatecall: ${errorText(error)}`);
      if (isWorker()) process.exit(1);
      return 1;
    }
  },
);

const unserved: Application = () => {
  throw new Error('a supervisor serves nothing itself');
};

function workerPhrase({ supervised, workers }: { supervised: boolean; workers: number }): string {
  return supervised ? ` by ${workers} worker${workers === 1 ? '' : 's'}` : '';
}

/** The stack of an error of the user's code, or the message of an error of gatecall. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = error instanceof RuntimeError || error instanceof StartError;
  return known ? error.message : (error.stack ?? error.message);
}

function moduleOf(argument: string): { module: string; exportName: string | undefined } {
  const [, module = argument, exportName] = /^(.+):([^:/\\]+)$/.exec(argument) ?? [];
  return { module, exportName };
}

async function load(file: string, name: string): Promise<Application> {
  const { module, exportName } = moduleOf(name);
  const { href } = pathToFileURL(file);
  if (isTypeScript(file)) replaceSource(href, await bundle(file));
  return applicationOf((await import(href)) as object, module, exportName);
}

/** @throws {UsageError} for a value that makes no sense */
function settingsOf(values: Values): ReturnType<typeof serveSettings> {
  const options: ServeOptions = {
    workers: workersOf(values.workers),
    reload: values.reload ?? false,
    accessLog: values['access-log'] ?? false,
  };
  if (values.host !== undefined) options.host = values.host;
  if (values.socket !== undefined) options.socket = values.socket;
  if (values['base-path'] !== undefined) options.basePath = values['base-path'].map(pathOf);
  for (const [flag, name, scale] of NUMBERS) {
    const value = values[flag];
    if (value !== undefined) options[name] = numberOf(flag, value, scale);
  }
  try {
    return serveSettings(options);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const BYTES = 'bytes';
const SECONDS = 'seconds';

const NUMBERS = [
  ['port', 'port', ''],
  ['max-requests', 'maxRequests', ''],
  ['max-requests-jitter', 'maxRequestsJitter', ''],
  ['trust-proxy', 'trustProxy', ''],
  ['max-body', 'maxBody', BYTES],
  ['max-header', 'maxHeader', BYTES],
  ['max-connections', 'maxConnections', ''],
  ['keep-alive', 'keepAliveTimeout', SECONDS],
  ['headers-timeout', 'headersTimeout', SECONDS],
  ['request-timeout', 'requestTimeout', SECONDS],
  ['stop-timeout', 'stopTimeout', SECONDS],
] as const;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function numberOf(flag: string, text: string, scale: '' | 'bytes' | 'seconds'): number {
  const [, digits, unit = ''] = /^([0-9]+(?:\.[0-9]+)?)([kmg]?)$/i.exec(text) ?? [];
  const factor = scale === SECONDS ? 1000 : (UNITS[unit.toLowerCase()] ?? NaN);
  const value = Math.round(Number(digits) * factor);
  const fits =
    Number.isSafeInteger(value) &&
    (unit === '' || scale === BYTES) &&
    (scale !== '' || /^[0-9]+$/.test(text)) &&
    (flag !== 'port' || value <= 65535);
  if (!fits) {
    const wanted =
      scale === '' ? (flag === 'port' ? 'a port, 0 to 65535' : 'a whole number') : scale;
    throw new UsageError(`--${flag} takes ${wanted}; got ${JSON.stringify(text)}`);
  }
  return value;
}

function workersOf(text: string | undefined): number {
  if (text === 'auto') return availableParallelism();
  const [from, given] =
    text === undefined
      ? ['WEB_CONCURRENCY', process.env['WEB_CONCURRENCY'] || '1']
      : ['--workers', text];
  const count = Number(given);
  if (!(Number.isSafeInteger(count) && count > 0)) {
    throw new UsageError(
      `${from} takes a number of processes, 1 or more, or auto; got ${JSON.stringify(given)}`,
    );
  }
  return count;
}

function pathOf(path: string): string {
  if (!path.startsWith('/')) {
    throw new UsageError(`--base-path starts with a slash; got ${JSON.stringify(path)}`);
  }
  return path;
}
