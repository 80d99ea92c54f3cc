/**
 * Formats what `start-api` prints: a table at the start, then a line for each answer and each line
 * of a log.
 */
import type { FrontAnswer, FrontRequest, LocalFront } from '../../local/fronts.ts';
import type { FunctionLog } from '../../local/functions.ts';
import type { Front, Project } from '../../local/project.ts';
import { decodeNative } from '../../base/native.ts';

type Row = readonly [front: string, url: string, route: string, target: string, mode: string];

const HEADINGS: Row = ['FRONT', 'URL', 'ROUTE', 'FUNCTION', 'MODE'];

export function routeTable(
  fronts: readonly LocalFront[],
  debugPort: number | undefined,
  project: Project,
): string {
  const rows = [HEADINGS, ...fronts.flatMap(rowsOf)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const debuggers =
    debugPort === undefined
      ? []
      : project.functions.map(({ id }, at) => `debugger of ${id}: 127.0.0.1:${debugPort + at}`);
  return `${[...lines, ...debuggers].join('\n')}\n`;
}

function rowsOf({ front, url }: LocalFront): Row[] {
  const cells = routesOf(front);
  if (cells.length === 0) return [[front.id, url, 'none', '-', 'no route leads to a function']];
  return cells.map(([route, target, mode], at) => [
    at === 0 ? front.id : '',
    at === 0 ? url : '',
    route,
    target,
    mode,
  ]);
}

function routesOf(front: Front): (readonly [route: string, target: string, mode: string])[] {
  switch (front.kind) {
    case 'http-api':
      return front.routes.map(({ method, path, functionId, payloadFormat }) => {
        const route = path === '$default' ? path : `${method} ${path}`;
        return [route, functionId, `HTTP API, payload ${payloadFormat}`];
      });
    case 'rest-api':
      return front.routes.map(({ method, path, functionId, stream }) => {
        return [`${method} ${path}`, functionId, `REST API, ${stream ? 'streamed' : 'buffered'}`];
      });
    case 'function-url': {
      const mode = `function URL, ${front.stream ? 'RESPONSE_STREAM' : 'BUFFERED'}`;
      return [['ANY *', front.functionId, mode]];
    }
    case 'alb':
      return front.rules.map(({ conditions, action }) => {
        const route = conditions.map(conditionText).join(' and ') || 'otherwise';
        if (action.type === 'function') {
          const values = action.multiValueHeaders ? 'multi-value' : 'single-value';
          return [route, action.functionId, `load balancer, ${values} headers`];
        }
        const what = action.type === 'fixed' ? 'fixed response' : 'redirect';
        return [route, '-', `load balancer, ${what} ${action.status}`];
      });
  }
}

type Condition = Extract<Front, { kind: 'alb' }>['rules'][number]['conditions'][number];

function conditionText(condition: Condition): string {
  if (condition.on === 'query') {
    const pairs = condition.values.map(({ key, value }) => (key ? `${key}=${value}` : value));
    return `query ${pairs.join(', ')}`;
  }
  const name = condition.on === 'header' ? `${condition.name} ` : '';
  return `${condition.on} ${name}${condition.values.join(', ')}`;
}

/** `POST /items?x=1 201 in 12 ms`, and why where the front answered by itself. */
export function answerLine(
  front: Front,
  { method, target }: FrontRequest,
  { status, problem }: FrontAnswer,
  ms: number,
): string {
  const line = `${front.id} ${method} ${decodeNative(target)} ${status} in ${ms.toFixed(0)} ms`;
  if (problem === undefined) return escapeControls(line);
  return colour('red', escapeControls(`${line}: ${problem.split('\n', 1)[0]}`));
}

/** The platform's lines for every invocation and edit; its other lines are failures. */
const ROUTINE = /^(?:(?:START|END|REPORT) RequestId: |its code has changed$)/;

/** A line of a function's log, behind the function's name where there are several. */
export function logLine({ functionId, text, stream }: FunctionLog, named: boolean): string {
  // Build errors begin with the function's name, because the browser shows them, too.
  const isNamed = !named || (stream === 'platform' && text.startsWith(`${functionId} `));
  const line = isNamed ? text : `[${functionId}] ${text}`;
  if (stream !== 'platform') return line;
  return colour(ROUTINE.test(text) ? 'dim' : 'red', line);
}

/** Replaces control characters, which a client may have sent; colours as well. */
function escapeControls(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
}

const STYLES = { red: ['\x1b[31m', '\x1b[39m'], dim: ['\x1b[2m', '\x1b[22m'] } as const;

/**
 * Adds no colour where standard error is no terminal, or NO_COLOR is set. `styleText` would look at
 * standard output instead.
 */
function colour(style: keyof typeof STYLES, text: string): string {
  const isPlain = !process.stderr.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  return isPlain ? text : STYLES[style].join(text);
}
