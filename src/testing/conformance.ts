/**
 * The conformance table: what a client and an application may expect of any gateway, as cases that
 * run against one.
 *
 * ```ts
 * import { formatReport, runConformance } from 'gatecall/testing';
 *
 * const report = await runConformance({
 *   serve: (application) => {
 *     const handler = toMyPlatform(application);
 *     return { send: async (request) => readReply(await handler(makeEvent(request))) };
 *   },
 * });
 * console.log(formatReport(report));
 * if (report.failed > 0) process.exitCode = 1;
 * ```
 */
import type { Middleware } from '../types.ts';
import { validator } from '../validator.ts';
import { bodyCases } from './conformance/body.ts';
import { closeCases } from './conformance/close.ts';
import { framingCases } from './conformance/framing.ts';
import { writeCases } from './conformance/write.ts';
import {
  type ConformanceCase,
  inexpressible,
  limits,
  type Mode,
  openBench,
  type Subject,
} from './conformance/case.ts';
import { environCases } from './conformance/environ.ts';
import { errorCases, nestingCase } from './conformance/errors.ts';
import { inputCases } from './conformance/input.ts';
import { startResponseCases } from './conformance/start-response.ts';

export { limits } from './conformance/case.ts';
export type {
  ArrivedBlock,
  Bench,
  CaseRequest,
  Client,
  ConformanceCase,
  Driver,
  Limit,
  Mode,
  RawConnection,
  Subject,
} from './conformance/case.ts';

const validated: Middleware = (application) => validator(application);

const ordinary: readonly ConformanceCase[] = [
  ...environCases,
  ...inputCases,
  ...startResponseCases,
  ...framingCases,
  ...bodyCases,
  ...writeCases,
  ...closeCases,
  ...errorCases,
];

/** Every case, in the order of its number. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...ordinary,
  nestingCase(ordinary, validated),
].toSorted((one, other) => numberOf(one.id) - numberOf(other.id));

function numberOf(id: string): number {
  return Number(id.slice(2));
}

/** Numbers that are taken, by cases that do not exist yet. */
export const notYet: Readonly<Record<string, string>> = {
  'T-128': 'applications of other languages need the bridge to them',
};

/** How one case went, in one mode. */
export interface ConformanceRow {
  id: string;
  title: string;
  mode: Mode;
  outcome: 'passed' | 'failed' | 'not expressible';
  /** Of a case that is not expressible: why. */
  reason?: string;
  /** Of a case that failed: its id, what was expected and what came. */
  error?: Error;
  /** Limits under which the case expected less than usual. */
  weakened: readonly string[];
}

export interface ConformanceReport {
  rows: readonly ConformanceRow[];
  passed: number;
  failed: number;
  notExpressible: number;
}

export interface ConformanceOptions {
  /** Only the cases with these ids. */
  only?: Iterable<string>;
  /**
   * The cases as they are, with every application inside the validator, or (the default) once each
   * way.
   */
  validate?: Mode | 'both';
  /** How long a case may take before it fails, in ms. Default: 20,000. */
  timeout?: number;
}

/**
 * Runs the table against a gateway, one case after the other. It never throws for what the gateway
 * does: see the report.
 *
 * @throws {RangeError} when `only` names a case that does not exist
 */
export async function runConformance(
  subject: Subject,
  { only, validate = 'both', timeout }: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const wanted = only === undefined ? undefined : new Set(only);
  for (const id of wanted ?? []) {
    if (!conformanceCases.some((one) => one.id === id)) {
      throw new RangeError(
        `there is no conformance case ${id}${notYet[id] ? ` yet: ${notYet[id]}` : ''}`,
      );
    }
  }
  const rows: ConformanceRow[] = [];
  for (const mode of validate === 'both' ? (['bare', 'validated'] as const) : [validate]) {
    for (const one of conformanceCases) {
      if (wanted && !wanted.has(one.id)) continue;
      if (one.modes && !one.modes.includes(mode)) continue;
      rows.push(await runCase(subject, one, mode, timeout));
    }
  }
  const count = (outcome: ConformanceRow['outcome']): number =>
    rows.filter((row) => row.outcome === outcome).length;
  return {
    rows,
    passed: count('passed'),
    failed: count('failed'),
    notExpressible: count('not expressible'),
  };
}

/**
 * Runs one case. Test runners that want one test a case call this for each of `conformanceCases`.
 */
export async function runCase(
  subject: Subject,
  one: ConformanceCase,
  mode: Mode,
  timeout = 20_000,
): Promise<ConformanceRow> {
  const { id, title } = one;
  const declared = new Set(subject.limits);
  const limit = one.without?.find((without) => declared.has(without));
  if (limit !== undefined) {
    return { id, title, mode, outcome: 'not expressible', reason: limits[limit], weakened: [] };
  }
  const wrap: Middleware = mode === 'validated' ? validated : (application) => application;
  const { bench, notes, log, done } = openBench(subject, mode, wrap);
  try {
    await inTime(one.run(bench), timeout);
    return { id, title, mode, outcome: 'passed', weakened: [...notes] };
  } catch (error) {
    const reason = inexpressible(error);
    if (reason !== undefined) {
      return { id, title, mode, outcome: 'not expressible', reason, weakened: [] };
    }
    return {
      id,
      title,
      mode,
      outcome: 'failed',
      error: named(error, one, log()),
      weakened: [...notes],
    };
  } finally {
    await done();
  }
}

function named(error: unknown, { id, title }: ConformanceCase, log: string): Error {
  const named = error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
  // The end of the log says more of an unexpected 500 than the response may.
  const logged = log === '' ? '' : `\nlogged: ${log.slice(-1000)}`;
  named.message = `${id} (${title}): ${named.message}${logged}`;
  return named;
}

async function inTime(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The report as text: a line a case, both modes side by side, and at the end what failed. */
export function formatReport(report: ConformanceReport): string {
  const modes = [...new Set(report.rows.map((row) => row.mode))];
  const byCase = new Map<string, ConformanceRow[]>();
  for (const row of report.rows) byCase.set(row.id, [...(byCase.get(row.id) ?? []), row]);
  const ordered = [...byCase].toSorted(([one], [other]) => numberOf(one) - numberOf(other));
  const lines = ordered.map(([id, rows]) => {
    const marks = modes.map(
      (mode) => MARKS[rows.find((row) => row.mode === mode)?.outcome ?? 'absent'],
    );
    const notes = new Set(
      rows.flatMap((row) => [...(row.reason ? [row.reason] : []), ...row.weakened]),
    );
    const title = rows[0]?.title ?? '';
    return `${id.padEnd(6)} ${marks.join(' ')}  ${title}${notes.size > 0 ? ` [${[...notes].join('; ')}]` : ''}`;
  });
  const failures = report.rows.flatMap((row) =>
    row.error ? [`${row.mode}: ${row.error.message}`] : [],
  );
  const missing = Object.entries(notYet).map(
    ([id, reason]) => `${id.padEnd(6)} not yet: ${reason}`,
  );
  return [
    `${'case'.padEnd(6)} ${modes.map((mode) => mode.padEnd(9)).join(' ')}`,
    ...lines,
    ...missing,
    '',
    `${report.passed} passed, ${report.failed} failed, ${report.notExpressible} not expressible`,
    ...failures,
  ].join('\n');
}

const MARKS = {
  passed: 'ok       ',
  failed: 'FAILED   ',
  'not expressible': '-        ',
  absent: '         ',
} as const;
