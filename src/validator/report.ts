/** Makes errors and warnings of broken rules: "<rule>; got <what came>. <what to do>". */
import { ContractError } from '../core/errors.ts';
import { rules } from './rules.ts';
import type { ErrorId, Rule, RuleId, WarningId } from './rules.ts';

/** The server, or the middleware in its place, broke the contract. */
export class ServerError extends ContractError {
  override name = 'ServerError';
  /** The rule's id, as in SPEC.md. */
  readonly rule: RuleId;

  constructor(message: string, rule: RuleId, options?: ErrorOptions) {
    super(message, options);
    this.rule = rule;
  }
}

/** The application, or the middleware in its place, broke the contract. */
export class ApplicationError extends ContractError {
  override name = 'ApplicationError';
  /** The rule's id, as in SPEC.md. */
  readonly rule: RuleId;

  constructor(message: string, rule: RuleId, options?: ErrorOptions) {
    super(message, options);
    this.rule = rule;
  }
}

/** Reports a broken rule of severity `warning`. */
export type Warn = (id: WarningId, came: string) => void;

const byId: ReadonlyMap<RuleId, Rule> = new Map(rules.map((rule) => [rule.id, rule]));

/** Makes the error for a broken rule, which the caller throws. `came` follows the word "got". */
export function violation(
  id: ErrorId,
  came: string,
  options?: ErrorOptions,
): ServerError | ApplicationError {
  return errorFor(id, came, options);
}

/** The message for a broken rule. */
export function messageFor(id: RuleId, came: string): string {
  const { sentence, remedy } = ruleFor(id);
  return `${sentence}; got ${came}. ${remedy}`;
}

/**
 * A {@link Warn} for one request. It reports each rule once, so that a body of a thousand blocks
 * gives one line. With `strict` it throws instead.
 */
export function createWarn(report: (message: string, rule: RuleId) => void, strict: boolean): Warn {
  const reported = new Set<RuleId>();
  return (id, came) => {
    if (strict) throw errorFor(id, came);
    if (reported.has(id)) return;
    reported.add(id);
    report(messageFor(id, came), id);
  };
}

/** A character in the form `U+000A`: a log must not contain control characters. */
export function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${hex}`;
}

function errorFor(
  id: RuleId,
  came: string,
  options?: ErrorOptions,
): ServerError | ApplicationError {
  const Party = ruleFor(id).party === 'server' ? ServerError : ApplicationError;
  return new Party(messageFor(id, came), id, options);
}

function ruleFor(id: RuleId): Rule {
  const rule = byId.get(id);
  if (!rule) throw new RangeError(`no rule is called ${id}`);
  return rule;
}
