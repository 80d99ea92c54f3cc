/** Application Load Balancers: listeners, their rules, and target groups that are functions. */
import type {
  LoadBalancerCondition,
  LoadBalancerFront,
  LoadBalancerRule,
  Place,
} from '../project.ts';
import { type Evaluated, ofType, ownerOf, type Stack } from './stack.ts';
import { child, type Node } from './tree.ts';
import { listAt, numberAt, type Owner, textAt, textsAt } from './values.ts';

const NAME = 'AWS::ElasticLoadBalancingV2';

export function loadBalancers(stack: Stack): LoadBalancerFront[] {
  const isLambda = (group: Evaluated): boolean =>
    textAt(ownerOf(stack, group), group.properties, 'TargetType') === 'lambda';
  // Load balancers without a function are not served.
  if (!ofType(stack, `${NAME}::TargetGroup`).some(isLambda)) return [];
  return ofType(stack, `${NAME}::Listener`).flatMap((listener) => {
    const owner = ownerOf(stack, listener);
    const own = ofType(stack, `${NAME}::ListenerRule`)
      .filter(
        (rule) => textAt(ownerOf(stack, rule), rule.properties, 'ListenerArn') === listener.id,
      )
      .map((rule) => ({
        priority: numberAt(ownerOf(stack, rule), rule.properties, 'Priority') ?? 50_000,
        rules: ruleOf(stack, rule),
      }))
      .sort((one, other) => one.priority - other.priority)
      .flatMap(({ rules }) => rules);
    const { place, properties } = listener;
    const fallback = actionOf(stack, owner, listAt(properties, 'DefaultActions'), place);
    const rules = [...own, ...(fallback ? [{ conditions: [], action: fallback, place }] : [])];
    if (!rules.some(({ action }) => action.type === 'function')) return [];
    const idleTimeoutMs = idleTimeout(stack, textAt(owner, properties, 'LoadBalancerArn'));
    const idle = idleTimeoutMs === undefined ? {} : { idleTimeoutMs };
    return [{ kind: 'alb', id: listener.id, rules, ...idle, place }];
  });
}

function idleTimeout(stack: Stack, id: string | undefined): number | undefined {
  const balancer = stack.resources.get(id ?? '');
  if (!balancer) return undefined;
  const owner = ownerOf(stack, balancer);
  const attribute = listAt(balancer.properties, 'LoadBalancerAttributes').find(
    (it) => textAt(owner, it, 'Key') === 'idle_timeout.timeout_seconds',
  );
  return 1000 * (numberAt(owner, attribute, 'Value') ?? 60);
}

function ruleOf(stack: Stack, rule: Evaluated): LoadBalancerRule[] {
  const owner = ownerOf(stack, rule);
  const { properties, place } = rule;
  const action = actionOf(stack, owner, listAt(properties, 'Actions'), place);
  if (!action) return [];
  const conditions = listAt(properties, 'Conditions').flatMap((it) =>
    conditionOf(stack, owner, it),
  );
  return [{ conditions, action, place }];
}

type Action = LoadBalancerRule['action'];

/** The last of several actions answers; the others authenticate. */
function actionOf(
  stack: Stack,
  owner: Owner,
  actions: readonly Node[],
  place: Place,
): Action | undefined {
  const { notes, resource } = owner;
  const ordered = [...actions].sort(
    (one, other) => (numberAt(owner, one, 'Order') ?? 0) - (numberAt(owner, other, 'Order') ?? 0),
  );
  const last = ordered.at(-1);
  for (const action of ordered) {
    const type = textAt(owner, action, 'Type') ?? '';
    if (type.startsWith('authenticate-') || type === 'jwt-validation') {
      notes.warning('authorizer', `${type} of ${resource} is not enforced locally`, {
        place: action.place,
        resource,
      });
    }
  }
  switch (textAt(owner, last, 'Type')) {
    case 'forward':
      return forward(stack, owner, last, place);
    case 'fixed-response': {
      const config = child(last, 'FixedResponseConfig');
      const contentType = textAt(owner, config, 'ContentType');
      const body = textAt(owner, config, 'MessageBody');
      return {
        type: 'fixed',
        status: numberAt(owner, config, 'StatusCode') ?? 200,
        ...(contentType !== undefined && { contentType }),
        ...(body !== undefined && { body }),
      };
    }
    case 'redirect': {
      const config = child(last, 'RedirectConfig');
      const isPermanent = textAt(owner, config, 'StatusCode') === 'HTTP_301';
      return {
        type: 'redirect',
        status: isPermanent ? 301 : 302,
        location: location(owner, config),
      };
    }
    case undefined:
    default:
      notes.warning('route-target', `${resource} has no action that can be served here`, {
        place,
        resource,
      });
      return undefined;
  }
}

/**
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
 */
function location(owner: Owner, config: Node | undefined): string {
  const part = (key: string, kept: string): string => textAt(owner, config, key) ?? kept;
  const query = part('Query', '#{query}');
  const path = part('Path', '/#{path}');
  const host = `${part('Protocol', '#{protocol}')}://${part('Host', '#{host}')}`;
  return `${host}:${part('Port', '#{port}')}${path}${query === '' ? '' : `?${query}`}`;
}

function forward(
  stack: Stack,
  owner: Owner,
  action: Node | undefined,
  place: Place,
): Action | undefined {
  const groups = listAt(action, 'ForwardConfig', 'TargetGroups');
  if (groups.length > 1) {
    const message = `${owner.resource} spreads requests over ${groups.length} groups; here all go to the first`;
    stack.notes.warning('weights', message, { place, resource: owner.resource });
  }
  const arn = textAt(owner, action, 'TargetGroupArn') ?? textAt(owner, groups[0], 'TargetGroupArn');
  const group = stack.resources.get(arn ?? '');
  if (group?.type !== `${NAME}::TargetGroup`) {
    say(stack, owner, place, `forwards to ${arn ?? 'nothing'}, no target group of this template`);
    return undefined;
  }
  const at = ownerOf(stack, group);
  if (textAt(at, group.properties, 'TargetType') !== 'lambda') {
    say(stack, owner, place, `forwards to ${group.id}, which is no function`);
    return undefined;
  }
  const functionId = stack.functionOf(
    textAt(at, listAt(group.properties, 'Targets')[0], 'Id') ?? '',
  );
  if (functionId === undefined) {
    say(
      stack,
      owner,
      place,
      `forwards to ${group.id}, whose target is no function of this template`,
    );
    return undefined;
  }
  return {
    type: 'function',
    functionId,
    multiValueHeaders: isMultiValue(at, group),
    group: { id: group.id, place: group.place },
  };
}

function say(stack: Stack, { resource }: Owner, place: Place, what: string): void {
  stack.notes.warning('route-target', `${resource} ${what}; it is left out here`, {
    place,
    resource,
  });
}

function isMultiValue(owner: Owner, group: Evaluated): boolean {
  return listAt(group.properties, 'TargetGroupAttributes').some(
    (attribute) =>
      textAt(owner, attribute, 'Key') === 'lambda.multi_value_headers.enabled' &&
      textAt(owner, attribute, 'Value')?.toLowerCase() === 'true',
  );
}

/**
 * Each type of condition has a `…Config`; in older templates three have their values beside
 * `Field`.
 */
function conditionOf(stack: Stack, owner: Owner, node: Node): LoadBalancerCondition[] {
  const field = textAt(owner, node, 'Field');
  const values = (config: string): string[] => {
    const own = textsAt(owner, node, config, 'Values');
    return own.length > 0 ? own : textsAt(owner, node, 'Values');
  };
  switch (field) {
    case 'path-pattern':
      return [{ on: 'path', values: values('PathPatternConfig') }];
    case 'host-header':
      return [{ on: 'host', values: values('HostHeaderConfig') }];
    case 'http-request-method':
      return [{ on: 'method', values: values('HttpRequestMethodConfig') }];
    case 'source-ip':
      return [{ on: 'source-ip', values: values('SourceIpConfig') }];
    case 'http-header': {
      const name = textAt(owner, node, 'HttpHeaderConfig', 'HttpHeaderName') ?? '';
      return [{ on: 'header', name, values: values('HttpHeaderConfig') }];
    }
    case 'query-string':
      return [
        {
          on: 'query',
          values: listAt(node, 'QueryStringConfig', 'Values').map((pair) => {
            const key = textAt(owner, pair, 'Key');
            const value = textAt(owner, pair, 'Value') ?? '';
            return key === undefined ? { value } : { key, value };
          }),
        },
      ];
    case undefined:
    default:
      say(stack, owner, node.place, `has a condition on ${field ?? 'nothing'}`);
      return [];
  }
}
