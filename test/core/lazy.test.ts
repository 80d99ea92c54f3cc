import { describe, expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { callApplication } from '../../src/core/call.ts';
import { createEnviron } from '../../src/core/request/environ.ts';
import { errorStream } from '../../src/core/request/error-stream.ts';
import { lazy, type Loaded } from '../../src/core/lazy.ts';
import type { Application } from '../../src/types.ts';

const call = async (
  application: Application,
): Promise<{ status: string; body: string; log: string }> => {
  let log = '';
  const errors = errorStream((message) => void (log += message));
  const environ = createEnviron({ method: 'GET', rawPath: '/', headers: {} }, { errors });
  const response = await callApplication(application, environ);
  return { status: response.status, body: new TextDecoder().decode(response.body), log };
};

describe('lazy', () => {
  it.each<[string, () => Loaded | PromiseLike<Loaded>]>([
    ['an application', () => text('here')],
    ['a promise of one', async () => text('here')],
    ['a module with a default export', async () => ({ default: text('here') })],
    ['a module with an export called application', async () => ({ application: text('here') })],
    [
      'a CommonJS module seen through import()',
      async () => ({ default: { default: text('here') } }) as unknown as Loaded,
    ],
  ])('takes %s', async (_, load) => {
    expect(await call(lazy(load))).toEqual({ status: '200 OK', body: 'here', log: '' });
  });

  it('loads nothing before the first request, and once for all that come meanwhile', async () => {
    const load = vi.fn<() => Promise<Loaded>>(async () => text('here'));
    const application = lazy(load);
    expect(load).not.toHaveBeenCalled();
    const answers = await Promise.all([call(application), call(application), call(application)]);
    await call(application);
    expect(load).toHaveBeenCalledTimes(1);
    expect(answers.map(({ body }) => body)).toEqual(['here', 'here', 'here']);
  });

  it('tries again after a failure, synchronous or not', async () => {
    const load = vi
      .fn<() => Promise<Loaded>>()
      .mockImplementationOnce(() => {
        throw new Error('no table');
      })
      .mockRejectedValueOnce(new Error('no database'))
      .mockResolvedValue(text('here'));
    const application = lazy(load);
    expect(await call(application)).toMatchObject({
      status: '500 Internal Server Error',
      log: expect.stringContaining('no table'),
    });
    expect((await call(application)).log).toContain('no database');
    expect((await call(application)).body).toBe('here');
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('says what is missing where no application was loaded', async () => {
    const { status, log } = await call(lazy(async () => ({ handler: 1 }) as unknown as Loaded));
    expect(status).toBe('500 Internal Server Error');
    expect(log).toContain('exports one as default or application');
  });
});
