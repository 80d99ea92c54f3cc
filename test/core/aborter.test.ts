/** A signal of newAborter() beside one of an AbortController. */
import { addAbortListener, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Aborter, newAborter } from '../../src/core/aborter.ts';

const makers: [string, () => Aborter][] = [
  ['newAborter', newAborter],
  ['AbortController', () => new AbortController()],
];

describe.each(makers)('a signal of %s', (_, make) => {
  it('is an AbortSignal that has not aborted', () => {
    const { signal } = make();
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(Object.prototype.toString.call(signal)).toBe('[object AbortSignal]');
    expect(inspect(signal)).toBe('AbortSignal { aborted: false }');
    expect([signal.aborted, signal.reason, signal.onabort]).toEqual([false, undefined, null]);
    expect(() => signal.throwIfAborted()).not.toThrow();
  });

  it('is the same whenever it is asked for, and another for each', () => {
    const aborter = make();
    expect(aborter.signal).toBe(aborter.signal);
    expect(aborter.signal).not.toBe(make().signal);
  });

  it('tells each listener once, with a trusted event and the reason', () => {
    const aborter = make();
    const { signal } = aborter;
    const events: unknown[] = [];
    const note = (event: Event): void =>
      void events.push([event.type, event.isTrusted, event.target === signal]);
    signal.addEventListener('abort', note);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the other way to listen
    signal.onabort = note;
    const removed = (): void => void events.push('removed');
    signal.addEventListener('abort', removed);
    signal.removeEventListener('abort', removed);
    const reason = new Error('why');
    aborter.abort(reason);
    aborter.abort(new Error('too late'));
    expect(events).toEqual([
      ['abort', true, true],
      ['abort', true, true],
    ]);
    expect([signal.aborted, signal.reason]).toEqual([true, reason]);
    expect(() => signal.throwIfAborted()).toThrow(reason);
  });

  it('aborts those that follow it, and theirs', () => {
    const aborter = make();
    const first = AbortSignal.any([aborter.signal, make().signal]);
    const second = AbortSignal.any([first]);
    aborter.abort('why');
    expect([first.reason, second.reason]).toEqual(['why', 'why']);
    expect(AbortSignal.any([aborter.signal]).aborted).toBe(true);
  });

  it('does not abort others', () => {
    const [one, other] = [make(), make()];
    one.abort('why');
    expect(other.signal.aborted).toBe(false);
  });

  it('stops what Node and fetch do', async () => {
    const aborter = make();
    const { signal } = aborter;
    const heard: unknown[] = [];
    addAbortListener(signal, () => heard.push('listener'));
    const slept = sleep(60_000, undefined, { signal });
    const waited = once(new EventTarget(), 'never', { signal });
    const fetched = fetch('http://127.0.0.1:9/', { signal });
    expect(new Request('http://here/', { signal }).signal.aborted).toBe(false);
    const reason = new Error('why');
    aborter.abort(reason);
    await expect(slept).rejects.toMatchObject({ code: 'ABORT_ERR', cause: reason });
    await expect(waited).rejects.toMatchObject({ code: 'ABORT_ERR', cause: reason });
    await expect(fetched).rejects.toBe(reason);
    expect(heard).toEqual(['listener']);
  });
});

it.runIf(process.version.startsWith('v20.'))('has its cheap signals on Node 20', () => {
  expect(newAborter()).not.toBeInstanceOf(AbortController);
});
