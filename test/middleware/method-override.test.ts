import { expect, it, vi } from 'vitest';
import { text } from '../../src/core/response/answers.ts';
import { streamedInput } from '../../src/core/request/input.ts';
import { methodOverride, type MethodOverrideOptions } from '../../src/middleware.ts';
import type { Application } from '../../src/types.ts';
import { type Ask, ask, bytes, show } from './support.ts';

const FORM = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'] as const;
const told: Application = async (environ, startResponse) => {
  const body = show(await environ['wsgi.input'].read(10_000_000));
  const before = environ['gatecall.original_method'];
  return text(`${environ.REQUEST_METHOD} ${String(before)} ${body}`)(environ, startResponse);
};
const send = async (request: Ask, options?: MethodOverrideOptions): Promise<string> =>
  (await ask(methodOverride(told, options), { method: 'POST', ...request })).text;

it.each([
  ['DELETE', 'DELETE POST '],
  [' put ', 'PUT POST '],
  ['GET', 'POST undefined '],
  ['CONNECT', 'POST undefined '],
  ['', 'POST undefined '],
])('by header: %j', async (value, expected) => {
  expect(await send({ headers: { 'X-HTTP-Method-Override': value } })).toBe(expected);
});

it.each([
  ['_method=DELETE&a=1', 'DELETE'],
  ['a=1&_method=patch', 'PATCH'],
  ['%5Fmethod=%44ELETE', 'DELETE'],
  ['a=_method=DELETE', 'POST'],
  ['_method', 'POST'],
  ['_method=OPTIONS', 'POST'],
  ['_method=PUT&_method=DELETE', 'PUT'],
])('by form: %j', async (form, method) => {
  // The body is there once more for the application.
  const before = method === 'POST' ? 'undefined' : 'POST';
  expect(await send({ headers: [FORM], body: bytes(form) })).toBe(`${method} ${before} ${form}`);
});

it('by a form that arrives as a stream', async () => {
  const input = streamedInput([bytes('_met'), bytes('hod=PUT')]);
  expect(await send({ headers: [FORM], input, contentLength: 11 })).toBe('PUT POST _method=PUT');
});

it('the header counts before the form', async () => {
  const headers = [FORM, ['X-HTTP-Method-Override', 'PATCH']] as const;
  expect(await send({ headers, body: bytes('_method=PUT') })).toBe('PATCH POST _method=PUT');
});

it.each<[string, Ask, MethodOverrideOptions?]>([
  ['GET', { method: 'GET', headers: { 'X-HTTP-Method-Override': 'DELETE' } }],
  ['JSON', { headers: { 'Content-Type': 'application/json' }, body: bytes('_method=PUT') }],
  [
    'multipart',
    { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: bytes('_method=PUT') },
  ],
  ['no form when told so', { headers: [FORM], body: bytes('_method=PUT') }, { field: '' }],
  ['an unknown length', { headers: [FORM], input: streamedInput([bytes('_method=PUT')]) }],
  [
    'a form that is too large',
    { headers: [FORM], body: bytes(`_method=PUT&a=${'x'.repeat(1_048_576)}`) },
  ],
])('leaves %s alone', async (_what, request, options) => {
  expect(await send(request, options)).toMatch(/^(?:GET|POST) undefined /);
});

it('has options', async () => {
  const headers = [FORM] as const;
  expect(
    await send({ headers, body: bytes('verb=PURGE') }, { field: 'verb', methods: ['PURGE'] }),
  ).toBe('PURGE POST verb=PURGE');
  expect(await send({ headers, body: bytes('_method=PUT') }, { methods: ['DELETE'] })).toMatch(
    /^POST/,
  );
});

it('a synchronous application stays so without a form', () => {
  const application = vi.fn<Application>(text(''));
  const environ = { REQUEST_METHOD: 'POST' } as Parameters<Application>[0];
  expect(methodOverride(application)(environ, () => () => {})).toBeInstanceOf(Array);
});

it.each([
  [{ header: 'X' }, /methodOverride has no option header; it has methods, field/],
  [{ methods: 'PUT' }, /as option methods/],
])('refuses %j', (options, message) => {
  expect(() => methodOverride(told, options as never)).toThrow(message);
});
