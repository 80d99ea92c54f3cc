/** Finds deployments that fail, and missing permissions to call a function. */
import type { Front, Place } from '../project.ts';
import { type Evaluated, ofType, ownerOf, type Stack } from '../template/stack.ts';
import { child, entries, type Node } from '../template/tree.ts';
import { textAt } from '../template/values.ts';
import { type CheckContext, waysOf } from './context.ts';

export function checkDeployment(context: CheckContext): void {
  checkStreamingUris(context);
  checkOrder(context);
  checkPermissions(context);
  checkCircles(context);
}

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
 */
function checkStreamingUris({ stack, notes }: CheckContext): void {
  for (const method of ofType(stack, 'AWS::ApiGateway::Method')) {
    const owner = ownerOf(stack, method);
    const integration = child(method.properties, 'Integration');
    const uri = child(integration, 'Uri');
    if (uri?.kind !== 'scalar' || textAt(owner, integration, 'Type') !== 'AWS_PROXY') continue;
    const mode = textAt(owner, integration, 'ResponseTransferMode') ?? 'BUFFERED';
    const isStreaming = uri.text.endsWith('/response-streaming-invocations');
    if (isStreaming === (mode === 'STREAM')) continue;
    const end = isStreaming
      ? '2015-03-31/functions/…/invocations'
      : '2021-11-15/functions/…/response-streaming-invocations';
    const message = `${method.id} has ResponseTransferMode ${mode}, and the Uri of the other mode`;
    notes.error('streaming', message, {
      place: uri.place,
      resource: method.id,
      fix: `Uri: …/${end}`,
    });
  }
}

/** "The REST API doesn't contain any methods": CloudFormation makes the deployment too early. */
function checkOrder({ stack, notes }: CheckContext): void {
  for (const deployment of ofType(stack, 'AWS::ApiGateway::Deployment')) {
    const api = textAt(ownerOf(stack, deployment), deployment.properties, 'RestApiId');
    const methods = ofType(stack, 'AWS::ApiGateway::Method').filter(
      (method) => textAt(ownerOf(stack, method), method.properties, 'RestApiId') === api,
    );
    if (methods.length === 0) continue;
    if (methods.some(({ id }) => reaches(stack, deployment, id))) continue;
    const names = methods.map(({ id }) => id).join(', ');
    const message = `${deployment.id} may be made before there is a method: it depends on none`;
    notes.error('deployment-order', message, {
      place: deployment.place,
      resource: deployment.id,
      fix: `DependsOn: [${names}]`,
    });
  }
}

function reaches(stack: Stack, from: Evaluated, id: string): boolean {
  const seen = new Set<string>();
  const open = [...from.dependsOn];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === id) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(stack.resources.get(next)?.dependsOn ?? []));
  }
  return false;
}

/**
 * SAM adds permissions for its own fronts; plain CloudFormation needs an AWS::Lambda::Permission.
 */
function checkPermissions({ stack, notes, project }: CheckContext): void {
  const allowed = ofType(stack, 'AWS::Lambda::Permission').map((permission) => {
    const owner = ownerOf(stack, permission);
    return {
      principal: textAt(owner, permission.properties, 'Principal'),
      functionId: stack.functionOf(textAt(owner, permission.properties, 'FunctionName') ?? ''),
    };
  });
  const said = new Set<string>();
  for (const { front, functionId, name, place } of waysOf(project)) {
    const key = `${front.kind} ${front.id} ${functionId}`;
    if (said.has(key)) continue;
    said.add(key);
    const principal = principalOf(stack, front, functionId);
    if (principal === undefined || hasRole(stack, front.id)) continue;
    if (allowed.some((one) => one.principal === principal && one.functionId === functionId))
      continue;
    const message = `${name} may not call ${functionId}: there is no AWS::Lambda::Permission for ${principal}`;
    notes.warning('permission', message, {
      place,
      resource: functionId,
      fix: `an AWS::Lambda::Permission with Action: lambda:InvokeFunction${principal === '*' ? 'Url, FunctionUrlAuthType: NONE' : ''}, FunctionName: !GetAtt ${functionId}.Arn, Principal: '${principal}'`,
    });
  }
}

/** The principal that calls; undefined where SAM adds the permission. */
function principalOf(stack: Stack, front: Front, functionId: string): string | undefined {
  if (front.kind === 'alb') return 'elasticloadbalancing.amazonaws.com';
  if (front.kind === 'function-url') {
    const bySam = child(stack.resources.get(functionId)?.properties, 'FunctionUrlConfig');
    return bySam || front.authType !== 'NONE' ? undefined : '*';
  }
  const type = stack.resources.get(front.id)?.type ?? '';
  const isPlain = type.startsWith('AWS::ApiGateway');
  const bySam = samEvents(stack, functionId).includes(front.id);
  return isPlain && !bySam ? 'apigateway.amazonaws.com' : undefined;
}

/** The APIs that events of a function name: SAM makes the permission. */
function samEvents(stack: Stack, functionId: string): string[] {
  const events = child(stack.resources.get(functionId)?.properties, 'Events');
  return entries(events).flatMap(([, { value }]) =>
    ['RestApiId', 'ApiId'].flatMap((key) => {
      const id = child(value, 'Properties', key);
      return id?.kind === 'scalar' ? [id.text] : [];
    }),
  );
}

/** With `Credentials` the API calls under a role of its own. */
function hasRole(stack: Stack, api: string): boolean {
  return ofType(stack, 'AWS::ApiGateway::Method', 'AWS::ApiGatewayV2::Integration').some((part) => {
    const owner = ownerOf(stack, part);
    const key = part.type.endsWith('Method') ? 'RestApiId' : 'ApiId';
    return (
      textAt(owner, part.properties, key) === api &&
      (child(part.properties, 'Integration', 'Credentials') ??
        child(part.properties, 'CredentialsArn')) !== undefined
    );
  });
}

/**
 * A function whose settings name its own API: each needs the other first, which CloudFormation
 * refuses.
 */
function checkCircles({ stack, notes, project }: CheckContext): void {
  const apis = new Map<string, Set<string>>();
  for (const { front, functionId } of waysOf(project)) {
    if (front.kind !== 'http-api' && front.kind !== 'rest-api') continue;
    const api = stack.resources.get(front.id);
    // A plain API has its routes in resources of their own, and a definition may name functions
    // without a reference.
    if (api && !api.type.startsWith('AWS::Serverless::')) continue;
    if (child(api?.properties, 'DefinitionBody') ?? child(api?.properties, 'DefinitionUri'))
      continue;
    apis.set(front.id, (apis.get(front.id) ?? new Set()).add(functionId));
  }
  for (const [api, functionIds] of apis) {
    for (const id of functionIds) {
      const source = stack.resources.get(id);
      const place = source && mention(withoutEvents(source.properties), api);
      if (!place) continue;
      const message = `${id} needs ${api}, and ${api} needs ${id}: CloudFormation refuses the circle`;
      notes.error('circular-dependency', message, {
        place,
        resource: id,
        fix: 'take the URL from the request, or make it of a name that you choose, such as a domain',
      });
    }
  }
}

function withoutEvents(properties: Node | undefined): Node | undefined {
  if (properties?.kind !== 'map') return properties;
  const rest = [...properties.entries].filter(([key]) => key !== 'Events');
  return { ...properties, entries: new Map(rest) };
}

/** The place where a value refers to the API. */
function mention(node: Node | undefined, api: string): Place | undefined {
  if (!node) return undefined;
  if (node.kind === 'scalar') {
    const needs = (node.unknown ?? []).some(
      (expression) => expression === `!Ref ${api}` || expression.startsWith(`!GetAtt ${api}.`),
    );
    return needs ? node.place : undefined;
  }
  const values = node.kind === 'list' ? node.items : entries(node).map(([, { value }]) => value);
  for (const value of values) {
    const place = mention(value, api);
    if (place) return place;
  }
  return undefined;
}
