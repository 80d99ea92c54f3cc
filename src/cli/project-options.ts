/**
 * The options that name a template, in a file of their own: `invoke` of a module loads no template
 * reader.
 */
import { existsSync } from 'node:fs';

/** For `parseArgs`, spelled as SAM spells them. */
export const PROJECT_OPTIONS = {
  template: { type: 'string', short: 't' },
  'parameter-overrides': { type: 'string', multiple: true },
  'env-vars': { type: 'string', short: 'n' },
} as const;

export interface ProjectValues {
  readonly template?: string | undefined;
  readonly 'parameter-overrides'?: readonly string[] | undefined;
  readonly 'env-vars'?: string | undefined;
}

/** In sam's order. */
export const TEMPLATES: readonly string[] = ['template.yaml', 'template.yml', 'template.json'];

/** The template in this folder, if there is one. */
export function defaultTemplate(): string | undefined {
  return TEMPLATES.find((name) => existsSync(name));
}
