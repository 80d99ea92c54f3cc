/** `gatecall check`: a template and its code compared. */
import { relative } from 'node:path';
import type { CheckResult } from '../local/check.ts';
import type { Note } from '../local/project.ts';
import { type Command, defineCommand, UsageError } from './command.ts';
import { parameterOverrides } from './parameters.ts';
import { projectFolder, templateFile } from './template-file.ts';
import { print, printJson } from './terminal.ts';

const HELP = `Usage: gatecall check [template] [options]

Compares a SAM or CloudFormation template with the code it names, and says what AWS would refuse or not do, with the
line and the fix. Nothing is run, and nothing is sent anywhere.

  [template]            Default: template.yaml, template.yml or template.json
      --json            one JSON document: { template, functions, fronts, errors, warnings, findings: [{ level, code,
                        message, fix, file, line, column, resource }] }
      --parameter-overrides <Name=value …>
                        values for the template's parameters
  -h, --help

Exit code: 0; 1 when there are errors; 2 when nothing could be checked.

  gatecall check --parameter-overrides 'Stage=prod Domain=example.com'
`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  'parameter-overrides': { type: 'string', multiple: true },
} as const;

export const check: Command = defineCommand(
  { summary: 'compare a SAM template with its code', help: HELP, options: OPTIONS },
  async (values, [given, ...rest]) => {
    if (rest.length > 0) {
      throw new UsageError(`one template at a time; what is ${JSON.stringify(rest.join(' '))}?`);
    }
    const folder = process.cwd();
    const parameters = parameterOverrides(values['parameter-overrides'] ?? []);
    const template = templateFile(given, folder);
    // The YAML reader is large, so that it is loaded when it is needed.
    const { checkTemplate } = await import('../local/check.ts');
    const result = checkTemplate(template, {
      parameters,
      folder: projectFolder(template, folder),
    });
    const report = reportOf(template, result, folder);
    if (values.json) printJson(JSON.stringify(report, null, 2));
    else print(formatReport(report));
    return report.errors > 0 ? 1 : 0;
  },
);

/** What `--json` prints. Names stay stable; new ones may be added. */
export interface Report {
  template: string;
  functions: number;
  fronts: number;
  errors: number;
  warnings: number;
  findings: Finding[];
}

export interface Finding {
  level: Note['level'];
  code: string;
  message: string;
  fix?: string;
  /** From the current folder. */
  file: string;
  line: number;
  column: number;
  resource?: string;
}

function reportOf(template: string, { project, findings }: CheckResult, folder: string): Report {
  const count = (level: Note['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  return {
    template,
    functions: project.functions.length,
    fronts: project.fronts.length,
    errors: count('error'),
    warnings: count('warning'),
    findings: findings.map(({ level, code, message, fix, place, resource }) => ({
      level,
      code,
      message,
      ...(fix !== undefined && { fix }),
      file: relative(folder, place?.file ?? project.file),
      line: place?.line ?? 1,
      column: place?.column ?? 1,
      ...(resource !== undefined && { resource }),
    })),
  };
}

function formatReport({ template, functions, fronts, errors, warnings, findings }: Report): string {
  const lines = findings.flatMap(({ level, code, message, fix, file, line, column }) => [
    `${file}:${line}:${column}: ${level}: ${message} [${code}]`,
    ...(fix === undefined ? [] : [`    ${fix}`]),
  ]);
  const checked = `${plural(functions, 'function')}, ${plural(fronts, 'front')}`;
  const found = `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
  return [...lines, `${template}: ${checked}: ${found}`, ''].join('\n');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
