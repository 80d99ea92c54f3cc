/**
 * The inspector's HTTP interface, for its page alone. Texts are fixed; traces leave as JSON only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TraceLog } from '../trace.ts';
import { refusalOf } from './guard.ts';
import type { Live } from './live.ts';
import { indexOf, type Page } from './page.ts';
import { type Replay, ReplayError, replayOf } from './replay.ts';

export interface Context {
  /** `/__gatecall/` */
  base: string;
  traces: TraceLog;
  live: Live;
  page: Page;
  token: string;
  replay: ((replay: Replay) => Promise<string>) | undefined;
}

/**
 * The page loads only its own scripts, styles and images, and `data:` images of bodies; Trusted
 * Types forbid markup from text. https://www.w3.org/TR/CSP3/
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const refusal = refusalOf(request, context.token);
  if (refusal) return sendText(response, refusal.status, refusal.text);
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (!path.startsWith(context.base)) return redirect(response, context.base);
  const name = path.slice(context.base.length);
  return request.method === 'GET'
    ? get(name, response, context)
    : await post(name, request, response, context);
}

function get(name: string, response: ServerResponse, { page, traces, live, token }: Context): void {
  if (name === 'api/events') return live.connect(response);
  const [, id, event] = /^api\/traces\/([^/]+)(\/event)?$/.exec(name) ?? [];
  if (id !== undefined) return sendTrace(response, traces, id, event !== undefined);
  if (name === '') return sendText(response, 200, indexOf(page, token), 'text/html; charset=utf-8');
  const file = page.get(name);
  // The index has its own address, with the token in it.
  if (!file || name === 'index.html') return notFound(response);
  response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': file.content.length });
  response.end(file.content);
}

function sendTrace(
  response: ServerResponse,
  traces: TraceLog,
  id: string,
  eventOnly: boolean,
): void {
  const trace = traces.get(id);
  if (!trace) return notFound(response);
  if (!eventOnly) return sendJson(response, 200, trace);
  // As the files of `events/` are written, for `gatecall invoke --event`.
  const file = `${trace.source}-${trace.id}`.replace(/[^\w.-]/g, '_');
  response.setHeader('Content-Disposition', `attachment; filename="${file}.json"`);
  sendText(response, 200, `${JSON.stringify(trace.event, null, 2)}\n`, 'application/json');
}

async function post(
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'GET, POST');
    return sendText(response, 405, 'GET or POST, please.\n');
  }
  if (name === 'api/clear') {
    context.live.clear();
    response.writeHead(204).end();
    return;
  }
  if (name !== 'api/replay') return notFound(response);
  const text = await bodyOf(request);
  if (text === undefined)
    return sendJson(response, 413, { message: 'that is too long for Lambda' });
  const { status, ...result } = await runReplay(text, context);
  sendJson(response, status, result);
}

interface Replayed {
  status: number;
  id?: string;
  message?: string;
}

async function runReplay(text: string, { traces, replay }: Context): Promise<Replayed> {
  if (!replay) return { status: 501, message: 'nothing here can replay' };
  try {
    const wish = JSON.parse(text) as { id?: unknown } | null;
    const trace = traces.get(String(wish?.id));
    if (!trace) return { status: 404, message: 'this invocation is not kept any more' };
    return { status: 200, id: await replay(replayOf(wish, trace)) };
  } catch (error) {
    const isOurs = error instanceof ReplayError || error instanceof SyntaxError;
    return {
      status: isOurs ? 400 : 502,
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** 6 MB are 12 MB if each byte is a `\n`; the rest is for the request beside an event. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The body as text; undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const blocks: Buffer[] = [];
  let length = 0;
  for await (const block of request as AsyncIterable<Buffer>) {
    length += block.length;
    // The rest is read as well, or the browser would see a broken connection instead of an answer.
    if (length <= MAX_BYTES) blocks.push(block);
    else blocks.length = 0;
  }
  return length > MAX_BYTES ? undefined : Buffer.concat(blocks).toString('utf8');
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location }).end();
}

function notFound(response: ServerResponse): void {
  sendText(response, 404, 'There is no such page.\n');
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON.stringify(value), 'application/json');
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
