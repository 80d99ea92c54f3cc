/** Function URLs: `FunctionUrlConfig` of SAM, and `AWS::Lambda::Url`. */
import type { FunctionUrlFront, Place } from '../project.ts';
import { ofType, ownerOf, type Stack, targetOf } from './stack.ts';
import { child, isNull, type Node } from './tree.ts';
import { corsAt, type Owner, placesOf, textAt } from './values.ts';

export function functionUrls(stack: Stack): FunctionUrlFront[] {
  const configured = ofType(stack, 'AWS::Serverless::Function').flatMap((source) => {
    const config = child(source.properties, 'FunctionUrlConfig');
    if (!config || isNull(config)) return [];
    return [front(ownerOf(stack, source), source.id, config, config.place)];
  });
  const plain = ofType(stack, 'AWS::Lambda::Url').flatMap((url) => {
    const owner = ownerOf(stack, url);
    const target = child(url.properties, 'TargetFunctionArn');
    const functionId = targetOf(stack, owner, `the URL ${url.id}`, target, url.place);
    return functionId === undefined ? [] : [front(owner, functionId, url.properties, url.place)];
  });
  return [...configured, ...plain];
}

function front(
  owner: Owner,
  functionId: string,
  config: Node | undefined,
  place: Place,
): FunctionUrlFront {
  const cors = corsAt(owner, child(config, 'Cors'));
  return {
    kind: 'function-url',
    id: functionId,
    functionId,
    stream:
      oneOf(owner, config, 'InvokeMode', ['BUFFERED', 'RESPONSE_STREAM']) === 'RESPONSE_STREAM',
    authType: oneOf(owner, config, 'AuthType', ['AWS_IAM', 'NONE']) === 'NONE' ? 'NONE' : 'AWS_IAM',
    ...(cors && { cors }),
    place,
    places: placesOf(config, 'AuthType', 'InvokeMode', 'Cors'),
  };
}

function oneOf(
  owner: Owner,
  config: Node | undefined,
  key: string,
  allowed: readonly string[],
): string | undefined {
  const { notes, resource } = owner;
  const text = textAt(owner, config, key);
  const place = child(config, key)?.place ?? config?.place;
  if (text === undefined && key === 'AuthType') {
    notes.error('auth-type', `the function URL of ${resource} has no AuthType`, {
      place,
      resource,
      fix: 'AuthType: NONE lets every request in, AWS_IAM asks for signed requests',
    });
  }
  if (text !== undefined && !allowed.includes(text)) {
    notes.error('type', `${key} of ${resource} must be ${allowed.join(' or ')}; it is ${text}`, {
      place,
      resource,
    });
  }
  return text;
}
