import { describe, expect, it } from 'vitest';
import {
  conformanceCases,
  type Driver,
  formatReport,
  notYet,
  runConformance,
  type Subject,
} from '../../src/testing/conformance.ts';
import type { TestResponse } from '../../src/aws-model/message.ts';
import type { Application } from '../../src/types.ts';
import { coreSubject } from '../conformance/support.ts';

const core = coreSubject('buffered');

/** The core, with something done to its responses. */
function spoiled(spoil: (response: TestResponse) => TestResponse | Promise<TestResponse>): Subject {
  const serve = async (application: Application): Promise<Driver> => {
    const driver = await core.serve(application);
    return { ...driver, send: async (request) => spoil(await driver.send(request)) };
  };
  return { ...core, serve };
}

describe('the table', () => {
  it('numbers its cases once each, in order, without a gap', () => {
    const numbers = [...conformanceCases.map(({ id }) => id), ...Object.keys(notYet)]
      .map((id) => Number(id.slice(2)))
      .toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
  });

  it('gives each case a title of its own', () => {
    const titles = conformanceCases.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe('runConformance', () => {
  it('needs no more than a function that serves', async () => {
    const { serve } = core;
    const report = await runConformance({ serve }, { only: ['T-8', 'T-90', 'T-122'] });
    expect(report).toMatchObject({ passed: 6, failed: 0, notExpressible: 0 });
  });

  it('runs bare, validated, or both', async () => {
    const modes = async (validate: 'bare' | 'validated' | 'both'): Promise<string[]> =>
      (await runConformance(core, { only: ['T-8'], validate })).rows.map((row) => row.mode);
    expect(await modes('bare')).toEqual(['bare']);
    expect(await modes('validated')).toEqual(['validated']);
    expect(await modes('both')).toEqual(['bare', 'validated']);
  });

  it('says what was expected and what came', async () => {
    const shout = spoiled((response) => ({ ...response, status: 201 }));
    const report = await runConformance(shout, { only: ['T-63'], validate: 'bare' });
    expect(report.failed).toBe(1);
    expect(report.rows[0]?.error?.message).toBe(
      'T-63 (status, reason and page of a 404): status: expected 404, came "201 with the body \\"nothing here\\""',
    );
  });

  it('shows the end of the log beside an unexpected failure', async () => {
    const failing: Subject = {
      ...core,
      serve: () => core.serve(() => Promise.reject(new Error('out of tea'))),
    };
    const report = await runConformance(failing, { only: ['T-8'], validate: 'bare' });
    expect(report.rows[0]?.error?.message).toContain('out of tea');
  });

  it('notices a header that is lost', async () => {
    const deaf = spoiled((response) => ({ ...response, headers: response.headers.slice(0, 1) }));
    const report = await runConformance(deaf, { only: ['T-66'], validate: 'bare' });
    expect(report.failed).toBe(1);
  });

  it('notices a broken response that passes for whole', async () => {
    const streaming = coreSubject('streaming');
    const serve = async (application: Application): Promise<Driver> => {
      const driver = await streaming.serve(application);
      return {
        ...driver,
        send: async (request) => ({ ...(await driver.send(request)), aborted: false }),
      };
    };
    const report = await runConformance(
      { ...streaming, serve },
      { only: ['T-86', 'T-100', 'T-122'], validate: 'bare' },
    );
    expect(report.failed).toBe(3);
  });

  it('fails a case that does not end', async () => {
    const stuck = spoiled(() => new Promise(() => {}));
    const report = await runConformance(stuck, { only: ['T-8'], validate: 'bare', timeout: 10 });
    expect(report.rows[0]?.error?.message).toContain('no end after 10 ms');
  });

  it('reports what a subject cannot express, and why', async () => {
    const subject: Subject = { ...core, limits: ['no-authorization', 'no-reason'] };
    const only = ['T-27', 'T-49', 'T-63'];
    const report = await runConformance(subject, { only, validate: 'bare' });
    expect(report).toMatchObject({ passed: 1, failed: 0, notExpressible: 2 });
    expect(report.rows.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      'the Authorization header is withheld',
      'the subject speaks no HTTP/1.1 of its own: its driver has no connect()',
      'passed',
    ]);
    expect(report.rows[2]?.weakened).toEqual(['the reason phrase is not delivered to the client']);
  });

  it('closes every driver, also after a failure', async () => {
    let open = 0;
    const counted: Subject = {
      ...core,
      async serve(application) {
        const driver = await core.serve(application);
        open++;
        return {
          ...driver,
          send: async () => ({ status: 500, headers: [], body: new Uint8Array() }),
          close: () => void open--,
        };
      },
    };
    const report = await runConformance(counted, { only: ['T-8', 'T-91'], validate: 'bare' });
    expect(report.failed).toBe(2);
    expect(open).toBe(0);
  });

  it('refuses a case that does not exist', async () => {
    await expect(runConformance(core, { only: ['T-9999'] })).rejects.toThrow(
      'there is no conformance case T-9999',
    );
    await expect(runConformance(core, { only: ['T-128'] })).rejects.toThrow('T-128 yet: ');
  });
});

describe('formatReport', () => {
  it('has a line for every case, the cases still missing, the count, and the failures', async () => {
    const wrong = spoiled((response) => ({ ...response, status: 201 }));
    const report = await runConformance(wrong, { only: ['T-49', 'T-62', 'T-63'] });
    const lines = formatReport(report).split('\n');
    const told = lines.filter((line) => !/^(logged:| +at )/.test(line));
    expect(told.map((line) => line.slice(0, 28).trimEnd())).toEqual([
      'case   bare      validated',
      'T-49   -         -',
      'T-62             FAILED',
      'T-63   FAILED    FAILED',
      'T-128  not yet: applications',
      '',
      '0 passed, 3 failed, 2 not ex',
      'bare: T-63 (status, reason a',
      'validated: T-62 (closing wsg',
      'validated: T-63 (status, rea',
    ]);
    expect(lines[1]).toContain('[the subject speaks no HTTP/1.1 of its own');
  });
});
