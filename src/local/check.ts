/**
 * Compares a template with the code it names: finds what AWS would refuse, and what would not work.
 *
 * ```ts
 * const { findings } = checkTemplate('template.yaml');
 * for (const { level, message, place } of findings) console.log(level, place?.line, message);
 * ```
 */
import { checkCors } from './check/cors.ts';
import type { CheckContext } from './check/context.ts';
import { checkDeployment } from './check/deployment.ts';
import { checkFronts } from './check/fronts.ts';
import { checkHandlers, handlerSource } from './check/handlers.ts';
import { checkLimits } from './check/limits.ts';
import { checkPackages } from './check/packages.ts';
import { checkRoutes } from './check/routes.ts';
import { checkRuntimes } from './check/runtimes.ts';
import type { Source } from './check/source.ts';
import { checkStreaming } from './check/streaming.ts';
import type { Note, Project } from './project.ts';
import { readStack, type TemplateOptions } from './template.ts';
import { collectNotes } from './template/notes.ts';

export interface CheckOptions extends TemplateOptions {
  /** For the end of life of runtimes. Default: now. */
  readonly today?: Date;
}

export interface CheckResult {
  readonly project: Project;
  /** In the order of the template. */
  readonly findings: readonly Note[];
}

const CHECKS = [
  checkRuntimes,
  checkHandlers,
  checkPackages,
  checkLimits,
  checkRoutes,
  checkFronts,
  checkStreaming,
  checkCors,
  checkDeployment,
];

/** Notes about what the local gateway cannot do, and AWS can. */
const LOCAL = new Set([
  'authorizer',
  'build-method',
  'definition',
  'layers',
  'macro',
  'not-enforced',
  'not-run-locally',
  'not-served',
  'parameter',
  'placeholder',
  'route-target',
  'websocket',
  'weights',
]);

/**
 * Reads a template with the sources of its handlers, and runs every check. It never throws: errors
 * are findings.
 */
export function checkTemplate(file: string, options: CheckOptions = {}): CheckResult {
  const { project, stack } = readStack(file, options);
  const notes = collectNotes(
    project.notes.filter(({ level, code }) => level === 'error' || !LOCAL.has(code)),
  );
  if (stack) {
    const functions = new Map(project.functions.map((one) => [one.id, one]));
    const sources = new Map<string, Source | undefined>();
    const context: CheckContext = {
      project,
      stack,
      notes,
      today: options.today ?? new Date(),
      functionOf: (id) => functions.get(id),
      sourceOf: (id) => {
        const definition = functions.get(id);
        if (definition && !sources.has(id)) {
          sources.set(id, handlerSource(project.folder, definition));
        }
        return sources.get(id);
      },
    };
    for (const check of CHECKS) check(context);
  }
  return { project, findings: notes.all };
}
