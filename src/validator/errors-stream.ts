/** `wsgi.errors` between application and server: strings in, no exception out. */
import { describe } from '../base/bytes.ts';
import { ContractError } from '../core/errors.ts';
import type { ErrorStream } from '../types.ts';
import { violation } from './report.ts';

/** The stream with only the methods of the contract; `close` and `destroy` throw and say why. */
export function wrapErrors(errors: ErrorStream): ErrorStream {
  const refuse = (name: string) => (): never => {
    throw violation('errors-close', `${name}()`);
  };
  const stream: ErrorStream = {
    write(...args: unknown[]) {
      if (args.length !== 1) throw violation('errors-text', `${args.length} arguments`);
      const text = checkText(args[0]);
      rejectThrow(() => errors.write(text));
    },
    writelines(lines) {
      const checked = Array.from(lines, checkText);
      rejectThrow(() => errors.writelines(checked));
    },
    flush() {
      return rejectThrow(() => errors.flush());
    },
  };
  return Object.assign(stream, { close: refuse('close'), destroy: refuse('destroy') });
}

function checkText(text: unknown): string {
  if (typeof text !== 'string') throw violation('errors-text', describe(text));
  return text;
}

function rejectThrow<result>(write: () => result): result {
  try {
    return write();
  } catch (error) {
    // Another validator has reported it already.
    if (error instanceof ContractError) throw error;
    throw violation('errors-throw', describe(error), { cause: error });
  }
}
