/** `gatecall invoke`: a handler run on an event, as Lambda would run it. */
import { basename, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Project } from '../local/project.ts';
import { type Command, defineCommand, type OptionValues, UsageError } from './command.ts';
import { lambdaVariables } from '../local/functions/context.ts';
import { handlerFile, isHandlerFile, isTypeScript, parseHandlerName } from './handler.ts';
import { parseJson, readInput } from './input.ts';
import { defaultTemplate, PROJECT_OPTIONS, type ProjectValues } from './project-options.ts';
import { failure, type Outcome } from '../local/functions/outcome.ts';
import type { LoadOrder, Report } from './runtime.ts';
import { startSandbox } from './sandbox.ts';
import { printJson, say } from './terminal.ts';
import { bundle } from './typescript.ts';

const HELP = `Usage: gatecall invoke <module[:export]> --event <file>
       gatecall invoke [LogicalId] --event <file> [--template <file>]

Runs a handler on an event as Lambda would, in a process of its own, and prints its result as JSON. What the handler
logs goes to standard error.

  <module[:export]>     a file, its extension may be left out; the default export name is "handler".
                        TypeScript is bundled with esbuild, which must be installed
  [LogicalId]           a function of the template, if there is no such file. Default: its only one
  -e, --event <file>    JSON; - reads it from standard input
      --timeout <s>     seconds a module's handler may take (30); a function has its own Timeout
      --repeat <n>      invocations, one after another in one process, a line of JSON each (1)
  -t, --template <file> Default: template.yaml, template.yml or template.json
      --parameter-overrides <pairs>, -n, --env-vars <file>   as for start-api
  -h, --help

AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_MEMORY_SIZE and AWS_REGION show in the handler's context if they are set.
Exit code: 0; 1 when an invocation failed, with {"errorType", "errorMessage", "trace"} in place of its result;
2 when nothing could be invoked.

  gatecall generate-event http-api-2 --path /hello | gatecall invoke app.mjs --event -
`;

const OPTIONS = {
  ...PROJECT_OPTIONS,
  event: { type: 'string', short: 'e' },
  timeout: { type: 'string', default: '30' },
  repeat: { type: 'string', default: '1' },
} as const;

export const invoke: Command = defineCommand(
  { summary: 'run a handler on an event, as Lambda would', help: HELP, options: OPTIONS },
  async (values, positionals) => {
    const order = readOrder(values, positionals);
    const folder = process.cwd();
    const template = isOfTemplate(order, folder);
    const file = template ? '' : handlerFile(order.module, folder);
    const project = template ? await readProject(order.project) : undefined;
    const text = new TextDecoder().decode(await readInput(order.event));
    const event = parseJson(text, order.event === '-' ? 'standard input' : order.event);
    if (project) {
      const { invokeFunction } = await import('./invoke-template.ts');
      return await invokeFunction(project, order.name, event, order.repeat);
    }

    const load: LoadOrder = {
      handler: { module: order.module, exportName: order.exportName },
      url: pathToFileURL(file).href,
    };
    if (isTypeScript(file)) {
      try {
        load.bundle = await bundle(file);
      } catch (error) {
        if (error instanceof UsageError) throw error;
        print(failure(error));
        return 1;
      }
    }
    const name = basename(file, extname(file));
    const handler = `${name}.${order.exportName}`;
    const variables = lambdaVariables({ name, handler, folder }, process.env);
    const sandbox = startSandbox(variables, order.timeout * 1000, say);
    try {
      const init = await sandbox.load(load);
      if (!init.outcome.ok) {
        print(init.outcome);
        return 1;
      }
      let exitCode = 0;
      for (let nth = 0; nth < order.repeat && sandbox.alive(); nth++) {
        // A process on Lambda takes one event at a time.
        const report = await sandbox.invoke(event);
        print(report.outcome);
        log(report, nth === 0 ? init : undefined);
        if (!report.outcome.ok) exitCode = 1;
      }
      return exitCode;
    } finally {
      await sandbox.close();
    }
  },
);

interface Order {
  /** As the user wrote it. */
  name: string | undefined;
  project: ProjectValues;
  module: string;
  exportName: string;
  event: string;
  timeout: number;
  repeat: number;
}

/** @throws {UsageError} for a command line that makes no sense */
function readOrder(values: OptionValues<typeof OPTIONS>, positionals: string[]): Order {
  const [module, ...rest] = positionals;
  if (module === undefined && values.template === undefined && defaultTemplate() === undefined)
    throw new UsageError('no handler given: gatecall invoke <module[:export]>');
  if (rest.length > 0) throw new UsageError(`one handler at a time; got ${positionals.join(' ')}`);
  if (values.event === undefined) {
    throw new UsageError('no event given: --event <file>, or --event - for standard input');
  }
  const timeout = Number(values.timeout);
  // Lambda's maximum.
  if (!(timeout > 0 && timeout <= 900)) {
    throw new UsageError(`--timeout takes seconds, at most 900; got ${values.timeout}`);
  }
  const repeat = Number(values.repeat);
  if (!(Number.isSafeInteger(repeat) && repeat > 0)) {
    throw new UsageError(`--repeat takes a number of invocations, 1 or more; got ${values.repeat}`);
  }
  const handler = parseHandlerName(module ?? '');
  return { ...handler, name: module, project: values, event: values.event, timeout, repeat };
}

/** A module that exists wins; else the name is a function of the template, if there is one. */
function isOfTemplate({ name, module, project }: Order, folder: string): boolean {
  if (name === undefined || project.template !== undefined) return true;
  if (!/^[A-Za-z0-9]+$/.test(name) || defaultTemplate() === undefined) return false;
  return !isHandlerFile(module, folder);
}

async function readProject(values: ProjectValues): Promise<Project> {
  const { loadProject } = await import('./project.ts');
  return await loadProject(values, say);
}

function print(outcome: Outcome): void {
  printJson(outcome.ok ? outcome.json : JSON.stringify(outcome.error));
}

/** The line at the end of an invocation in Lambda's own log. */
function log(report: Report & { requestId: string }, init: Report | undefined): void {
  const time = (ms: number): string => `${ms.toFixed(2)} ms`;
  const cold = init ? `\tInit Duration: ${time(init.milliseconds)}` : '';
  say(`REPORT RequestId: ${report.requestId}\tDuration: ${time(report.milliseconds)}${cold}`);
}
