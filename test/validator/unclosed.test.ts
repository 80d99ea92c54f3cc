import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Application } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import type { ValidatorOptions } from '../../src/validator.ts';
import { encode, makeEnviron } from './mini-server.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const application: Application = (_environ, start) => {
  start('200 OK', [['Content-Type', 'text/plain']]);
  return [encode('a')];
};

/** Collects until something is reported; the suite's own time limit ends a wait in vain. */
async function untilReported(reports: string[]): Promise<void> {
  while (reports.length === 0) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function leaveUnclosed(checked: Application, PATH_INFO: string): void {
  void checked(makeEnviron({ PATH_INFO }), () => () => {});
}

const REPORT =
  'The server calls close however the response ends; got the body for GET "/left\\n" collected as garbage. ' +
  'Close in a finally, and also what is thrown away unread.';

it.each(['onUnclosed', 'onWarning'] satisfies (keyof ValidatorOptions)[])(
  'a body that is never closed is reported to %s, and no other is',
  async (option) => {
    const reports: string[] = [];
    const checked = validator(application, {
      [option]: (message: string) => reports.push(message),
    });
    for (let request = 0; request < 3; request++) {
      const body = await checked(makeEnviron({ PATH_INFO: '/closed' }), () => () => {});
      await body.close?.();
    }
    leaveUnclosed(checked, '/left\n');
    await untilReported(reports);
    expect(reports).toEqual([REPORT]);
  },
);
