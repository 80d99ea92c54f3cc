/** `wsgi.input` between server and application: checks arguments and results. */
import { describe, isBytes } from '../base/bytes.ts';
import { isThenable } from '../base/promises.ts';
import type { BufferedInputStream, Environ, InputStream } from '../types.ts';
import { violation } from './report.ts';
import type { Warn } from './report.ts';

/** The stream with only the methods of the contract; `close` and `destroy` throw and say why. */
export function wrapInput(environ: Environ, warn: Warn): InputStream {
  const input = environ['wsgi.input'];
  const ledger = createLedger(environ, warn);
  const refuse = (name: string) => (): never => {
    throw violation('input-close', `${name}()`);
  };
  const common = { close: refuse('close'), destroy: refuse('destroy') };
  const stream: InputStream = {
    async read(...args: unknown[]) {
      const size = ledger.readSize('read', args);
      return ledger.block(
        'read',
        await requirePromise('read', input.read(...passSize(args))),
        size,
      );
    },
    async readline(...args: unknown[]) {
      const size = ledger.size('readline', args);
      const line = await requirePromise('readline', input.readline(...passSize(args)));
      return ledger.line('readline', line, size);
    },
    async readlines(...args: unknown[]) {
      const hint = ledger.size('readlines', args);
      const lines = await requirePromise('readlines', input.readlines(...passSize(args)));
      return ledger.lines('readlines', lines, hint);
    },
    async *[Symbol.asyncIterator]() {
      for await (const line of input) yield ledger.line('the iterator', line, Infinity);
    },
  };
  if (!isBuffered(input)) return Object.assign(stream, common);
  const buffered: Omit<BufferedInputStream, keyof InputStream> = {
    readSync(...args: unknown[]) {
      const size = ledger.readSize('readSync', args);
      return ledger.block('readSync', input.readSync(...passSize(args)), size);
    },
    readlineSync(...args: unknown[]) {
      const size = ledger.size('readlineSync', args);
      return ledger.line('readlineSync', input.readlineSync(...passSize(args)), size);
    },
    readlinesSync(...args: unknown[]) {
      const hint = ledger.size('readlinesSync', args);
      return ledger.lines('readlinesSync', input.readlinesSync(...passSize(args)), hint);
    },
    *[Symbol.iterator]() {
      for (const line of input) yield ledger.line('the iterator', line, Infinity);
    },
  };
  return Object.assign(stream, buffered, common);
}

function isBuffered(input: InputStream): input is BufferedInputStream {
  return (
    'readSync' in input &&
    'readlineSync' in input &&
    'readlinesSync' in input &&
    Symbol.iterator in input
  );
}

/** The same number of arguments, because a stream may look at it. */
function passSize(args: unknown[]): [size?: number] {
  return args as [size?: number];
}

function requirePromise<value>(method: string, result: Promise<value>): Promise<value> {
  if (!isThenable(result)) throw violation('input-promise', `${describe(result)} from ${method}()`);
  return result;
}

interface Ledger {
  /** The size that the application asks for; infinite if it is left out or negative. */
  size(method: string, args: unknown[]): number;
  /** The same for `read`, which has more rules. */
  readSize(method: string, args: unknown[]): number;
  block(method: string, value: unknown, size: number): Uint8Array;
  line(method: string, value: unknown, size: number): Uint8Array;
  lines(method: string, value: unknown, hint: number): Uint8Array[];
}

/** Counts the bytes given so far: all methods share one position. */
function createLedger(environ: Environ, warn: Warn): Ledger {
  const { CONTENT_LENGTH: declared } = environ;
  const terminated = environ['wsgi.input_terminated'] === true;
  const unknownLength = terminated ? Infinity : 0;
  const limit = declared === undefined ? unknownLength : Number(declared);
  let given = 0;
  let ended = false;

  const size = (method: string, args: unknown[]): number => {
    const [wanted] = args;
    if (args.length > 1) throw violation('input-arguments', `${args.length} for ${method}()`);
    if (wanted === undefined) return Infinity;
    if (typeof wanted !== 'number' || !Number.isInteger(wanted)) {
      throw violation('input-arguments', `${describe(wanted)} for ${method}()`);
    }
    return wanted < 0 ? Infinity : wanted;
  };

  const receive = (method: string, value: unknown, asked: number): Uint8Array => {
    if (!isBytes(value)) throw violation('input-bytes', `${describe(value)} from ${method}`);
    if (value.length > asked) {
      throw violation('input-size', `${value.length} bytes for ${asked} from ${method}`);
    }
    if (ended && value.length > 0) {
      throw violation('input-end', `${value.length} more bytes from ${method}`);
    }
    given += value.length;
    if (given > limit) throw violation('input-length', `${given} bytes for ${limit}`);
    return value;
  };

  const line = (method: string, value: unknown, asked: number): Uint8Array => {
    const bytes = receive(method, value, asked);
    const newline = bytes.indexOf(0x0a);
    if (newline >= 0 && newline < bytes.length - 1) {
      throw violation(
        'input-line',
        `${bytes.length} bytes with a newline at index ${newline} from ${method}`,
      );
    }
    // A line without a newline is not the end: the server or the size may have cut a long line.
    if (bytes.length === 0 && asked > 0) ended = true;
    return bytes;
  };

  return {
    size,
    readSize(method, args) {
      const asked = size(method, args);
      if (asked === Infinity) warn('input-unsized', `${method}() without a size`);
      else if (!terminated && given + asked > limit) {
        warn('input-beyond', `${method}(${asked}) with ${limit - given} bytes to come`);
      }
      return asked;
    },
    block(method, value, asked) {
      const bytes = receive(method, value, asked);
      if (bytes.length < asked) ended = true;
      return bytes;
    },
    line,
    lines(method, value, hint) {
      if (!Array.isArray(value))
        throw violation('input-bytes', `${describe(value)} from ${method}`);
      const lines = value.map((each: unknown) => line(method, each, Infinity));
      if (hint === Infinity) ended = true;
      return lines;
    },
  };
}
