import { describe, expect, it } from 'vitest';
import type { Application } from '../src/types.ts';
import { ApplicationError, ContractError, ServerError, validator } from '../src/validator.ts';
import type { RuleId } from '../src/validator.ts';
import { rules } from '../src/validator/rules.ts';
import type { Rule } from '../src/validator/rules.ts';
import { bad, good } from './validator/bad.ts';
import type { BadCase } from './validator/bad.ts';
import { encode, makeEnviron, serve } from './validator/mini-server.ts';

interface Finding {
  rule: RuleId;
  message: string;
  /** Absent for a warning. */
  error?: Error;
}

/**
 * What the validator says to a case, in order. What is not the validator's own comes out of here as
 * an exception.
 */
async function findings({ run }: BadCase): Promise<Finding[]> {
  const found: Finding[] = [];
  const checked = (application: Application = good): Application =>
    validator(application, { onWarning: (message, rule) => found.push({ rule, message }) });
  const problems = await run(checked).catch((error: unknown) => [error]);
  for (const error of problems) {
    if (!(error instanceof ServerError || error instanceof ApplicationError)) throw error;
    found.push({ rule: error.rule, message: error.message, error });
  }
  return found;
}

const byId = new Map<RuleId, Rule>(rules.map((rule) => [rule.id, rule]));

describe('what is bad', () => {
  it.each(bad.map((row) => [`${row.name} (${row.rule})`, row] as const))('%s', async (_, row) => {
    const found = await findings(row);
    expect([...new Set(found.map(({ rule }) => rule))]).toEqual([row.rule]);
    const { sentence, remedy, severity, party } = byId.get(row.rule) as Rule;
    for (const { message, error } of found) {
      expect(message).toMatch(/; got \S.*\. \S/);
      expect(message.startsWith(`${sentence}; got `)).toBe(true);
      expect(message.endsWith(`. ${remedy}`)).toBe(true);
      expect(error?.name).toBe(
        severity === 'warning'
          ? undefined
          : party === 'server'
            ? 'ServerError'
            : 'ApplicationError',
      );
    }
  });

  // Found after the request, by the garbage collector: test/validator/unclosed.test.ts.
  const elsewhere: RuleId[] = ['close-missing'];

  it('has a case for each rule', () => {
    const tested = new Set(bad.map(({ rule }) => rule));
    const untested = rules.map(({ id }) => id).filter((id) => !tested.has(id));
    expect(untested).toEqual(elsewhere);
  });
});

describe('the table', () => {
  it('has one row a name, and sentences that go on', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(new Set(rules.map(({ sentence }) => sentence)).size).toBe(rules.length);
    for (const { sentence, remedy } of rules) {
      expect(sentence).not.toMatch(/[.;\n]$|\n/);
      expect(remedy).toMatch(/\.$/);
    }
  });
});

describe('messages', () => {
  const thrownBy = async (application: Application, environ = makeEnviron()): Promise<unknown> =>
    (await serve(validator(application), environ)).problems[0];

  it('say the rule, what came, and what to do', async () => {
    const error = await thrownBy((_environ, start) => {
      start('200', []);
      return [];
    });
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toMatchObject({
      name: 'ApplicationError',
      rule: 'status-form',
      message:
        'The status is three digits, one space and a reason without spaces around it; got the string "200". ' +
        "Write '200 OK'; the reason may be empty, the space before it stays.",
    });
  });

  it('blame the server for its part', async () => {
    const error = await thrownBy(good, makeEnviron({ SCRIPT_NAME: '/' }));
    expect(error).toMatchObject({
      name: 'ServerError',
      message:
        'SCRIPT_NAME is empty or begins with a slash, and is never a slash alone; got "/". ' +
        "For the root, SCRIPT_NAME is '' and PATH_INFO is '/'.",
    });
  });

  it('name a header and the bad character, but keep its value to themselves', async () => {
    const error = await thrownBy((_environ, start) => {
      start('200 OK', [['Set-Cookie', 'session=secret\n']]);
      return [];
    });
    expect(String(error)).toContain('got U+000A in the value of Set-Cookie.');
    expect(String(error)).not.toContain('secret');
    expect(String(await thrownBy(good, makeEnviron({ HTTP_COOKIE: 'secret=\u0142' })))).toContain(
      'got U+0142 in HTTP_COOKIE.',
    );
  });

  it('carry the cause where something was thrown', async () => {
    const cause = new Error('encoding');
    const fails = (): never => {
      throw cause;
    };
    const error = await thrownBy(
      (environ, start) => {
        environ['wsgi.errors'].writelines(['\ud800']);
        return good(environ, start);
      },
      makeEnviron({ 'wsgi.errors': { write() {}, writelines: fails, flush() {} } }),
    );
    expect(error).toMatchObject({ rule: 'errors-throw', cause });
  });
});

describe('options', () => {
  const untyped: Application = (_environ, start) => {
    start('200 OK', []);
    return [encode('a'), encode('b')];
  };

  it('warn in wsgi.errors, once a rule and request', async () => {
    const checked = validator(untyped);
    for (let request = 0; request < 2; request++) {
      const { log, problems } = await serve(checked);
      expect(problems).toEqual([]);
      expect(log).toBe(
        'validator: A response with a body has a Content-Type; got 1 bytes without one. ' +
          "Add one, such as ['Content-Type', 'text/plain; charset=utf-8'].\n",
      );
    }
  });

  it('warn where onWarning says', async () => {
    const warnings: string[] = [];
    const { log } = await serve(
      validator(untyped, { onWarning: (_, rule) => warnings.push(rule) }),
    );
    expect(warnings).toEqual(['content-type-missing']);
    expect(log).toBe('');
  });

  it('throw warnings under strict', async () => {
    const { problems, log } = await serve(validator(untyped, { strict: true }));
    expect(problems).toMatchObject([{ name: 'ApplicationError', rule: 'content-type-missing' }]);
    expect(log).toBe('');
  });

  it('are refused when unknown', () => {
    const options = { strickt: true } as object;
    expect(() => validator(good, options)).toThrow(
      'validator() has no option "strickt"; it has strict, onWarning, onUnclosed',
    );
  });
});
