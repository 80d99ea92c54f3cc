/** `gatecall start-api`: a project's APIs, function URLs and load balancers on this machine. */
import { dirname } from 'node:path';
import { type Fronts, type FrontsOptions, type JsonWebKey, startFronts } from '../local/fronts.ts';
import { type FunctionsOptions, startFunctions } from '../local/functions.ts';
import { watchFolders } from '../local/functions/watch.ts';
import { type Inspector, type InspectorOptions, startInspector } from '../local/inspector.ts';
import type { Front, Project } from '../local/project.ts';
import { TraceLog } from '../local/trace.ts';
import { type Command, defineCommand, type OptionValues, UsageError } from './command.ts';
import { parseJson, readInput } from './input.ts';
import { PROJECT_OPTIONS } from './project-options.ts';
import { loadProject } from './project.ts';
import { openRecorder } from './recorder.ts';
import { answerLine, logLine, routeTable } from './start-api/output.ts';
import { print, say } from './terminal.ts';

const HELP = `Usage: gatecall start-api [options]

Serves every HTTP API, REST API, function URL and load balancer of a SAM template, with true events and true answers.
Functions run in processes of their own; edits are live at once. No Docker.

  -t, --template <file>   Default: template.yaml, template.yml or template.json
  -p, --port <port>       the first front's; the others have the next ones (3000)
      --host <address>    where to listen (127.0.0.1)
      --parameter-overrides <pairs>   'Stage=dev Table=orders'
  -n, --env-vars <file>   values of environment variables: { "FunctionId": { "NAME": "value" } }
  -d, --debug-port <port> a debugger's, for the first function; the others have the next ones. Timeouts are off then
      --single-port       all fronts on one port, told apart by host name: <id>.localhost
      --allowed-host <name>   a host name that requests may carry, besides localhost; may be repeated
      --concurrency <n>   instances a function may have (10)
      --jwks <file>       a JWK Set, to check the tokens of JWT authorizers with
      --inspector-port <port>   that of the page that shows each invocation (4000, or any if that is taken)
      --record <folder>   write each event to a file, for gatecall replay
  -h, --help

  gatecall start-api --port 8080
`;

const OPTIONS = {
  ...PROJECT_OPTIONS,
  port: { type: 'string', short: 'p', default: '3000' },
  host: { type: 'string', default: '127.0.0.1' },
  'debug-port': { type: 'string', short: 'd' },
  'single-port': { type: 'boolean', default: false },
  'allowed-host': { type: 'string', multiple: true },
  concurrency: { type: 'string', default: '10' },
  jwks: { type: 'string' },
  'inspector-port': { type: 'string' },
  record: { type: 'string' },
} as const;

export const startApi: Command = defineCommand(
  {
    summary: "serve a SAM template's APIs, function URLs and load balancers",
    help: HELP,
    options: OPTIONS,
  },
  async (values, [stray]) => {
    if (stray !== undefined) {
      throw new UsageError(`start-api takes options only; what is ${JSON.stringify(stray)}?`);
    }
    const settings = await readSettings(values);
    const stop = stopSignal();
    let project = await loadProject(values, say);
    if (!isServable(project)) return 1;
    for (;;) {
      const change = nextChange(project.file);
      const end = Promise.race([stop, change.happened]);
      try {
        await (isServable(project) ? serve(project, settings, end) : end);
      } finally {
        change.close();
      }
      if (stop.isOver()) return 0;
      say(`${project.file} has changed`);
      project = await loadProject(values, say);
    }
  },
);

function isServable({ fronts, file }: Project): boolean {
  if (fronts.some(leadsSomewhere)) return true;
  const why =
    fronts.length > 0
      ? `no route of ${fronts.map(({ id }) => id).join(', ')} leads to a function`
      : 'no API, function URL or load balancer';
  say(`${file} has nothing to serve: ${why}`);
  return false;
}

function leadsSomewhere(front: Front): boolean {
  if (front.kind === 'function-url') return true;
  return (front.kind === 'alb' ? front.rules : front.routes).length > 0;
}

interface Settings {
  readonly inspectorPort: number | undefined;
  readonly traces: TraceLog;
  readonly functions: FunctionsOptions;
  readonly fronts: Omit<FrontsOptions, 'functions'>;
}

async function readSettings(values: OptionValues<typeof OPTIONS>): Promise<Settings> {
  const { 'debug-port': debugPort, 'inspector-port': inspectorPort } = values;
  const traces = new TraceLog();
  const keys = values.jwks === undefined ? undefined : await readKeys(values.jwks);
  return {
    traces,
    inspectorPort:
      inspectorPort === undefined
        ? undefined
        : numberOf('--inspector-port', inspectorPort, 0, 65_535),
    functions: {
      concurrency: numberOf('--concurrency', values.concurrency, 1, 1000),
      debugPort:
        debugPort === undefined ? undefined : numberOf('--debug-port', debugPort, 1, 65_535),
    },
    fronts: {
      host: values.host,
      port: numberOf('--port', values.port, 0, 65_535),
      singlePort: values['single-port'],
      allowedHosts: values['allowed-host'] ?? [],
      traces,
      onNote: say,
      onAnswered: (front, request, answer, ms) => say(answerLine(front, request, answer, ms)),
      ...(keys && { keys }),
      ...(values.record !== undefined && { onEvent: openRecorder(values.record, say) }),
    },
  };
}

/** Serves until `end` settles. */
async function serve(project: Project, settings: Settings, end: Promise<void>): Promise<void> {
  const functions = startFunctions(project, {
    ...settings.functions,
    onLog: (log) => say(logLine(log, project.functions.length > 1)),
  });
  try {
    const fronts = await listen(project, { ...settings.fronts, functions });
    for (const line of runtimeNotes(project)) say(line);
    try {
      const inspector = await inspect(settings, fronts);
      print(routeTable(fronts.list, settings.functions.debugPort, project));
      process.stdout.write(`inspector: ${inspector.url}\n`);
      await end;
      await inspector.close();
    } finally {
      await fronts.close();
    }
  } finally {
    await functions.close();
  }
}

async function listen(project: Project, options: FrontsOptions): Promise<Fronts> {
  try {
    return await startFronts(project, options);
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code === 'EADDRINUSE') {
      throw new UsageError(`port ${port} is taken; choose another with --port`);
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new UsageError(`cannot listen: ${(error as Error).message}`);
    }
    throw error;
  }
}

/**
 * Starts the inspector on its usual port, so that an open page stays connected; on any free port if
 * that is taken and `--inspector-port` is not given.
 */
async function inspect({ traces, inspectorPort }: Settings, fronts: Fronts): Promise<Inspector> {
  const options: InspectorOptions = {
    traces,
    replay: (replay) => fronts.resend(replay),
    fronts: fronts.list.map(({ front, url }) => ({ id: front.id, url })),
  };
  try {
    return await startInspector({ ...options, port: inspectorPort ?? 4000 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (inspectorPort === undefined) return await startInspector(options);
    throw new UsageError(`port ${inspectorPort} is taken; choose another with --inspector-port`);
  }
}

/** Waits for the next edit of the template. */
function nextChange(file: string): { happened: Promise<void>; close: () => void } {
  let close = (): void => {};
  const happened = new Promise<void>((resolve) => {
    const watcher = watchFolders(
      [dirname(file)],
      () => resolve(),
      (changed) => changed === file,
    );
    close = () => watcher.close();
  });
  return { happened, close };
}

/** Notes functions for other versions of Node.js, which run on this machine's version. */
function runtimeNotes({ functions }: Project): string[] {
  const here = process.versions.node.split('.', 1)[0] ?? '';
  const runtimes = new Set(functions.map(({ runtime }) => runtime));
  const others = [...runtimes].filter((it) => it.startsWith('nodejs') && it !== `nodejs${here}.x`);
  if (others.length === 0) return [];
  return [`info: ${others.join(', ')} functions run on this machine's Node.js ${process.version}`];
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option} takes a number from ${least} to ${most}; got ${text}`);
}

async function readKeys(file: string): Promise<readonly JsonWebKey[]> {
  const json = parseJson(new TextDecoder().decode(await readInput(file)), file);
  const keys = (json as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new UsageError(`${file}: a JWK Set is { "keys": [ … ] }`);
  return keys as readonly JsonWebKey[];
}

/** Settles at the first signal to stop; a second signal ends the process. */
function stopSignal(): Promise<void> & { isOver: () => boolean } {
  let isOver = false;
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        isOver = true;
        resolve();
      });
    }
  });
  return Object.assign(stopped, { isOver: () => isOver });
}
