import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { requestOf, type RequestValues } from '../../src/cli/generate-event.ts';

describe('requestOf', () => {
  it.each<[RequestValues, object]>([
    [{}, { method: 'GET', target: '/', headers: [] }],
    [{ body: '' }, { method: 'POST' }],
    [{ body: 'x', method: 'PUT' }, { method: 'PUT' }],
    [{ path: '/a%2Fb' }, { target: '/a%2Fb' }],
    [{ path: '/a', query: 'x=1&y=2' }, { target: '/a?x=1&y=2' }],
    [{ path: '/a', query: '?x=1' }, { target: '/a?x=1' }],
    [{ path: '/a?x=1', query: 'y=2' }, { target: '/a?x=1&y=2' }],
    [{ path: '/a#part' }, { target: '/a' }],
    [{ path: '/a#part', query: 'x=1' }, { target: '/a?x=1' }],
    [{ path: '/café au lait/100%' }, { target: '/caf%C3%A9%20au%20lait/100%' }],
    [
      { header: ['X-A: 1', 'X-A:2', 'X-B: a: b ', 'X-C:'] },
      {
        headers: [
          ['X-A', '1'],
          ['X-A', '2'],
          ['X-B', 'a: b'],
          ['X-C', ''],
        ],
      },
    ],
    [{ header: ['X-Name: é'] }, { headers: [['X-Name', 'Ã©']] }],
    [{ 'source-ip': '2001:db8::1' }, { sourceIp: '2001:db8::1' }],
    [{ scheme: 'http' }, { scheme: 'http' }],
    [{ stage: 'dev' }, { stage: 'dev' }],
    [{ 'base-path': 'shop' }, { basePath: 'shop' }],
    [{ domain: 'api.example.com' }, { customDomain: 'api.example.com' }],
    [
      { domain: 'x.execute-api.eu-west-1.amazonaws.com' },
      { domainName: 'x.execute-api.eu-west-1.amazonaws.com' },
    ],
  ])('makes %j into %j', (values, request) => {
    expect(requestOf('http-api-2', values)).toMatchObject(request);
  });

  it('knows that only APIs have custom domains', () => {
    const request = requestOf('alb', { domain: 'shop.example.com' });
    expect(request).toMatchObject({ domainName: 'shop.example.com' });
    expect(request).not.toHaveProperty('customDomain');
  });

  it.each<[RequestValues, string]>([
    [{ method: 'GET IT' }, 'no method can be "GET IT"'],
    [{ method: '' }, 'no method can be ""'],
    [{ path: 'users' }, '--path starts with a slash; got "users"'],
    [{ header: ['no colon'] }, `--header takes 'Name: value'; got "no colon"`],
    [{ header: [': value'] }, `--header takes 'Name: value'; got ": value"`],
    [{ header: ['A: b\nC: d'] }, `--header takes 'Name: value'; got "A: b\\nC: d"`],
    [{ scheme: 'ftp' }, '--scheme takes http or https; got "ftp"'],
    [{ 'source-ip': 'localhost' }, '--source-ip takes an IP address; got "localhost"'],
    [{ stage: 'dev' }, '--stage is for rest-api, http-api-1, http-api-2; alb has none'],
    [{ 'base-path': 'x' }, '--base-path is for rest-api, http-api-1, http-api-2; alb has none'],
  ])('refuses %j', (values, message) => {
    const make = (): unknown => requestOf('alb', values);
    expect(make).toThrow(UsageError);
    expect(make).toThrow(expect.objectContaining({ message }));
  });
});
