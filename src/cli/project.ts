/** Loads the template with the overrides of the command line. */
import { relative } from 'node:path';
import type { FunctionDefinition, Note, Project } from '../local/project.ts';
import { readTemplate } from '../local/template.ts';
import { UsageError } from './command.ts';
import { parseJson, readInput } from './input.ts';
import { parameterOverrides } from './parameters.ts';
import { defaultTemplate, type ProjectValues, TEMPLATES } from './project-options.ts';
import { projectFolder } from './template-file.ts';

/**
 * Reads the template. Each note goes to `say` as a line.
 *
 * @throws {UsageError} when there is none, or a file of overrides is wrong
 */
export async function loadProject(
  values: ProjectValues,
  say: (line: string) => void,
): Promise<Project> {
  const file = values.template ?? defaultTemplate();
  if (file === undefined) {
    throw new UsageError(`there is no ${TEMPLATES.join(', ')} here; name one with --template`);
  }
  const parameters = parameterOverrides(values['parameter-overrides'] ?? []);
  const folder = projectFolder(file, process.cwd());
  const project = readTemplate(file, { parameters, folder });
  for (const note of project.notes) say(noteLine(note));
  const variables = values['env-vars'];
  if (variables === undefined) return project;
  return { ...project, functions: withOverrides(project, await readVariables(variables), say) };
}

/** `template.yaml:12:3: warning: …; fix` */
function noteLine({ level, message, fix, place }: Note): string {
  const where = place
    ? `${relative(process.cwd(), place.file)}:${place.line}:${place.column}: `
    : '';
  return `${where}${level}: ${message}${fix === undefined ? '' : `; ${fix}`}`;
}

type Variables = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Reads the file of `--env-vars`, as SAM does: logical ids, and `Parameters` for all functions. */
async function readVariables(file: string): Promise<Variables> {
  const json = parseJson(new TextDecoder().decode(await readInput(file)), file);
  const isMap = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap(json) || !Object.values(json as object).every(isMap)) {
    throw new UsageError(`${file}: not as { "FunctionId": { "NAME": "value" } }`);
  }
  return json as Variables;
}

function withOverrides(
  { functions }: Project,
  variables: Variables,
  say: (line: string) => void,
): FunctionDefinition[] {
  const known = new Set(['Parameters', ...functions.flatMap(({ id, name }) => [id, name])]);
  for (const id of Object.keys(variables)) {
    if (!known.has(id))
      say(`warning: --env-vars names ${id}, which is no function of the template`);
  }
  return functions.map((definition) => {
    const { id, name, environment } = definition;
    const own = { ...variables[name], ...variables[id] };
    const given = { ...variables['Parameters'], ...own };
    const declared = Object.entries(given).filter(([key]) => Object.hasOwn(environment, key));
    for (const key of Object.keys(own)) {
      if (Object.hasOwn(environment, key)) continue;
      // As with SAM: a variable that is not in the template would be missing on AWS, too.
      say(`warning: ${id} gets no ${key} of --env-vars, for the template does not declare it`);
    }
    const values = declared.map(([key, value]) => [key, String(value)] as const);
    return { ...definition, environment: { ...environment, ...Object.fromEntries(values) } };
  });
}
