import { describe, expect, it } from 'vitest';
import { failure, success } from '../../../src/local/functions/outcome.ts';

describe('success', () => {
  it.each([
    [{ b: 1, a: [undefined] }, '{"b":1,"a":[null]}'],
    ['text', '"text"'],
    [undefined, 'null'],
    [(): void => {}, 'null'],
    ['é', '"é"'],
  ])('writes %o as JSON', (result, json) => {
    expect(success(result)).toEqual({ ok: true, json });
  });

  const cycle: Record<string, unknown> = {};
  cycle.cycle = cycle;
  it.each([[1n], [cycle]])('fails for what JSON cannot hold', (result) => {
    expect(success(result)).toMatchObject({
      ok: false,
      error: {
        errorType: 'Runtime.JSONStringifyError',
        errorMessage: expect.stringMatching(/^Unable to stringify response body: ./),
      },
    });
  });

  it('counts bytes, not characters', () => {
    expect(success('é'.repeat(3_145_777)).ok).toBe(true);
    expect(success('é'.repeat(3_145_778))).toMatchObject({
      error: { errorType: 'Function.ResponseSizeTooLarge' },
    });
  });
});

describe('failure', () => {
  it('tells type, message and trace', () => {
    const error = new RangeError('far');
    error.stack = 'RangeError: far\n    at here';
    expect(failure(error)).toEqual({
      ok: false,
      error: {
        errorType: 'RangeError',
        errorMessage: 'far',
        trace: ['RangeError: far', '    at here'],
      },
    });
  });

  it('does without a stack', () => {
    const error = new Error('bare');
    delete error.stack;
    expect(failure(error)).toMatchObject({ error: { errorMessage: 'bare', trace: [] } });
  });

  it.each([
    ['text', 'string', 'text'],
    [undefined, 'undefined', 'undefined'],
    [{ a: 1 }, 'object', '[object Object]'],
    [null, 'object', 'null'],
    [Object.create(null) as object, 'object', 'an object that has no text'],
  ])('takes %o, which is no error', (thrown, errorType, errorMessage) => {
    expect(failure(thrown)).toEqual({ ok: false, error: { errorType, errorMessage, trace: [] } });
  });
});
