/** `gatecall replay`: recorded events run again, and what has changed in the replies. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Functions, startFunctions } from '../local/functions.ts';
import { replyOf } from '../local/functions/reply.ts';
import { type Command, defineCommand, UsageError } from './command.ts';
import { parseJson, readInput } from './input.ts';
import { loadProject } from './project.ts';
import { PROJECT_OPTIONS } from './project-options.ts';
import { type RecordedReply, replyFile, writeJson } from './recorder.ts';
import { differences } from './replay/differences.ts';
import { print, say } from './terminal.ts';

const HELP = `Usage: gatecall replay <folder|file>... [options]

Runs events that gatecall start-api --record has written again, and compares what comes of them with what came then.

  -t, --template <file>   Default: template.yaml, template.yml or template.json
      --function <id>     runs events that have no .reply.json beside them
      --update            the new replies take the place of the old
      --parameter-overrides <pairs>, -n, --env-vars <file>   as for start-api
  -h, --help

Exit code: 0; 1 when a reply differs.
`;

const OPTIONS = {
  ...PROJECT_OPTIONS,
  function: { type: 'string' },
  update: { type: 'boolean', default: false },
} as const;

export const replay: Command = defineCommand(
  {
    summary: 'run recorded events again and compare the replies',
    help: HELP,
    options: OPTIONS,
  },
  async (values, positionals) => {
    if (positionals.length === 0) throw new UsageError('no events given: gatecall replay events/');
    const files = positionals.flatMap(eventFiles);
    if (files.length === 0) throw new UsageError(`no events in ${positionals.join(', ')}`);
    const project = await loadProject(values, say);
    const functions = startFunctions(project, {
      watch: false,
      onLog: ({ functionId, text }) => say(`[${functionId}] ${text}`),
    });
    let differing = 0;
    let skipped = 0;
    try {
      for (const file of files) {
        const lines = await runAgain(functions, file, values);
        if (!lines) skipped++;
        else if (lines.length > 0) differing++;
        const verdict = !lines ? 'skipped' : lines.length > 0 ? 'differs' : 'same   ';
        const why = lines ?? ['  no function took it, so that there is no reply; --function <id>'];
        print(`${[`${verdict} ${basename(file)}`, ...why].join('\n')}\n`);
      }
    } finally {
      await functions.close();
    }
    const all = files.length - skipped;
    const rest = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`${all - differing} of ${all} the same${rest}\n`);
    return differing > 0 && !values.update ? 1 : 0;
  },
);

/** The differences as lines; undefined if the event's function is not known. */
async function runAgain(
  functions: Functions,
  file: string,
  { update, function: functionId }: { update: boolean; function?: string | undefined },
): Promise<string[] | undefined> {
  const event = await readJson(file);
  const beside = replyFile(file);
  const old = existsSync(beside) ? ((await readJson(beside)) as RecordedReply) : undefined;
  const id = old?.functionId ?? functionId;
  if (id === undefined) return undefined;
  const { value } = replyOf(await functions.invoke(id, event));
  // A stack trace has paths of this machine.
  const reply = withoutTrace(value);
  if (update) {
    writeJson(beside, { functionId: id, source: old?.source ?? '', reply } satisfies RecordedReply);
  }
  return old ? differences(withoutTrace(old.reply), reply) : [];
}

function withoutTrace(value: unknown): unknown {
  const isError = typeof value === 'object' && value !== null && 'errorType' in value;
  return isError ? { ...value, trace: undefined } : value;
}

async function readJson(file: string): Promise<unknown> {
  return parseJson(new TextDecoder().decode(await readInput(file)), file);
}

/** @throws {UsageError} when there is no such file or folder */
function eventFiles(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`there is no ${path}`);
  if (!stat.isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.json') && !name.endsWith('.reply.json'))
    .sort()
    .map((name) => join(path, name));
}
