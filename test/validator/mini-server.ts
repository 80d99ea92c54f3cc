/**
 * A server small enough to see through. It does what PEP 3333 asks of one and checks nothing, so
 * that whatever is found under it was found by the validator.
 */
import { bufferedInput } from '../../src/core/request/input.ts';
import type { Application, Environ, HeaderList, StartResponse } from '../../src/types.ts';

export interface Outcome {
  status: string;
  headers: HeaderList;
  /** What was written and yielded, block by block, empty ones too. */
  blocks: Uint8Array[];
  /** What the call, the iteration and the close have thrown, in that order. */
  problems: unknown[];
  /** What went to `wsgi.errors`. */
  log: string;
}

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (blocks: readonly Uint8Array[]): string =>
  blocks.map((block) => new TextDecoder().decode(block)).join('');

/** A complete environ, with `request` as its body; `undefined` among the changes deletes a key. */
export function makeEnviron(changes: Record<string, unknown> = {}, request = ''): Environ {
  const body = encode(request);
  const environ: Record<string, unknown> = Object.assign(Object.create(null), {
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: '/',
    QUERY_STRING: '',
    SERVER_NAME: 'localhost',
    SERVER_PORT: '80',
    SERVER_PROTOCOL: 'HTTP/1.1',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'http',
    'wsgi.input': bufferedInput(body),
    'wsgi.errors': { write() {}, writelines() {}, flush() {} },
    'wsgi.multithread': false,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    ...(body.length > 0 && { CONTENT_LENGTH: String(body.length) }),
  });
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete environ[key];
    else environ[key] = value;
  }
  return environ as Environ;
}

export async function serve(application: Application, environ = makeEnviron()): Promise<Outcome> {
  const outcome: Outcome = { status: '', headers: [], blocks: [], problems: [], log: '' };
  environ['wsgi.errors'].write = (text) => void (outcome.log += text);
  let sent = false;
  const send = (block: Uint8Array): void => {
    outcome.blocks.push(block);
    sent ||= block.length > 0;
  };
  const startResponse: StartResponse = (status, headers, error) => {
    if (error !== undefined && error !== null && sent) throw error;
    Object.assign(outcome, { status, headers });
    return (block) => {
      send(block);
      // Also without bytes: the first call sends the head.
      sent = true;
    };
  };
  try {
    const body = await application(environ, startResponse);
    try {
      // `for await` takes both kinds, one item at a time, and calls return() when it is left early.
      for await (const block of body) send(block);
    } catch (error) {
      outcome.problems.push(error);
    }
    await body.close?.();
  } catch (error) {
    outcome.problems.push(error);
  }
  return outcome;
}
