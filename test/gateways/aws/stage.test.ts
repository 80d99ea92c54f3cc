import { expect, it } from 'vitest';
import { decodedPath, strippedStage } from '../../../src/gateways/aws/stage.ts';

const HOST = 'abc.execute-api.eu-central-1.amazonaws.com';

it.each<[path: unknown, stage: unknown, domainName: unknown, script: string, rest: string]>([
  ['/dev/x', 'dev', HOST, '/dev', '/x'],
  ['/dev', 'dev', HOST, '/dev', '/'],
  ['/dev/', 'dev', HOST, '/dev', '/'],
  ['/developer', 'dev', HOST, '', '/developer'],
  ['/x', 'dev', HOST, '', '/x'],
  ['/dev/x', 'dev', 'api.example.com', '', '/x'],
  ['/dev/x', 'dev', undefined, '/dev', '/x'],
  ['/$default/x', '$default', HOST, '', '/$default/x'],
  ['/x', '', HOST, '', '/x'],
  ['/x', null, HOST, '', '/x'],
  ['', 'dev', HOST, '', '/'],
  [undefined, undefined, undefined, '', '/'],
])('%j on stage %j of %s', (path, stage, domainName, script, rest) => {
  expect(decodedPath(path, { stage, domainName }, 'dropped')).toEqual({
    path: rest,
    rawPath: rest,
    scriptName: script,
  });
});

it('a decoded path has every % escaped again', () => {
  expect(decodedPath('/100%/%41', null, 'dropped')).toMatchObject({
    path: '/100%/%41',
    rawPath: '/100%25/%2541',
  });
});

it.each([
  ['/x', '/live/x', 'live', '/live'],
  ['/', '/live/', 'live', '/live'],
  ['/x', '/live//x', 'live', '/live'],
  ['/x//y', '/live///x//y', 'live', '/live'],
  ['/live/x', '/live/x', 'live', ''],
  ['/shop/x', '/shop/x', 'live', ''],
  ['/x', '/shop/x', 'live', ''],
  ['/x', undefined, 'live', ''],
  ['/x', '/live/x', null, ''],
  ['/er/x', '/lively/er/x', 'live', ''],
])('%s of %s on stage %s begins with %j', (path, contextPath, stage, script) => {
  expect(strippedStage(path, contextPath, stage)).toBe(script);
});
