/**
 * Errors that a process may hold several classes of: `instanceof` goes by what an error says it is.
 */
import { describe, expect, it } from 'vitest';
import {
  ClientDisconnected,
  ContentTooLarge,
  ContractError,
  DeadlineExceeded,
  isA,
} from '../../src/core/errors.ts';

const classes = { ClientDisconnected, ContentTooLarge, ContractError, DeadlineExceeded };

describe.each(Object.entries(classes))('%s', (name, Type) => {
  const error = new Type('said');

  it('is what it is called, and nothing else', () => {
    expect(error).toMatchObject({ name, message: 'said' });
    expect(String(error)).toBe(`${name}: said`);
    for (const Other of Object.values(classes)) {
      expect(error instanceof Other).toBe(Other === Type);
      expect(isA(error, Other)).toBe(Other === Type);
    }
    expect(error).toBeInstanceOf(Error);
  });

  it('is known by a copy of its class, and to it', async () => {
    // @ts-expect-error: the query makes another module of the same file
    const copy = (await import('../../src/core/errors.ts?copy')) as typeof classes;
    const Copy = copy[name as keyof typeof classes];
    expect(Copy).not.toBe(Type);
    expect(error).toBeInstanceOf(Copy);
    expect(new Copy('said')).toBeInstanceOf(Type);
  });

  it('may be derived from, and then is not all of them', () => {
    class Mine extends Type {}
    expect(new Mine('said')).toBeInstanceOf(Mine);
    expect(new Mine('said')).toBeInstanceOf(Type);
    expect(error).not.toBeInstanceOf(Mine);
  });

  it.each([undefined, null, 1, name, {}, { name }, Object.assign(new Error('said'), { name })])(
    'is not %j',
    (value) => {
      expect((value as unknown) instanceof Type).toBe(false);
    },
  );

  it('shows nothing of how it is known', () => {
    expect(Object.keys(error)).toEqual(['name']);
    expect(JSON.stringify(error)).toBe(JSON.stringify({ name }));
  });
});

it('throws at nothing, whatever was thrown', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const Type of Object.values(classes)) expect(isA(proxy, Type)).toBe(false);
});
