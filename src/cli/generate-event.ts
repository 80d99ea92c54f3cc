/** `gatecall generate-event`: the event a source makes of a request. */
import { isIP } from 'node:net';
import { isToken } from '../http/headers.ts';
import { encodeNative } from '../base/native.ts';
import { lambdaEvent, type LambdaRequest, type LambdaSource, lambdaSources } from '../testing.ts';
import { type Command, defineCommand, type OptionValues, UsageError } from './command.ts';
import { readInput } from './input.ts';
import { printJson } from './terminal.ts';
import { triggerEvent, triggers } from './trigger-events.ts';

/** The sources with stages, base paths and custom domains. */
const APIS: readonly LambdaSource[] = ['rest-api', 'http-api-1', 'http-api-2'];

const HELP = `Usage: gatecall generate-event <source> [options]

Prints the event that a source of AWS makes of a request, as JSON; or that of a trigger.

  <source>              ${lambdaSources.slice(0, 5).join(', ')},
                        ${lambdaSources.slice(5).join(', ')}
                        triggers: ${triggers.join(', ')}
      --method <name>   GET, or POST when there is a body
      --path <path>     percent-encoded as in a URL, with a query behind ? if you like. Default: /
      --query <query>   a=1&b=2, percent-encoded as in a URL
  -H, --header <line>   "Name: value"; may be repeated
      --body <text>     @file takes the bytes of a file, @- those of standard input
      --domain <name>   the name the client asks for; for an API, one that is not AWS's is a custom domain
      --scheme <name>   https, or http
      --source-ip <ip>  the client's address
      --stage <name>    the stage (${APIS.join(', ')})
      --base-path <p>   the base path of a custom domain (${APIS.join(', ')})
  -h, --help

A trigger takes --body alone: the message of sqs, sns and kinesis, the detail of eventbridge.

  gatecall generate-event rest-api --path '/users?id=1' -H 'Accept: text/html' > event.json
`;

const OPTIONS = {
  method: { type: 'string' },
  path: { type: 'string' },
  query: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  body: { type: 'string' },
  domain: { type: 'string' },
  scheme: { type: 'string' },
  'source-ip': { type: 'string' },
  stage: { type: 'string' },
  'base-path': { type: 'string' },
} as const;

export const generateEvent: Command = defineCommand(
  {
    summary: "print a true event of any of AWS's HTTP sources, or of a trigger",
    help: HELP,
    options: OPTIONS,
  },
  async (values, positionals) => {
    const [trigger = '', ...rest] = positionals;
    if (triggers.includes(trigger) && rest.length === 0) {
      print(triggerEvent(trigger, await payloadOf(values)));
      return 0;
    }
    const source = sourceOf(positionals);
    const request = requestOf(source, values);
    if (values.body !== undefined) request.body = await bodyOf(values.body);
    print(lambdaEvent(source, request));
    return 0;
  },
);

function print(event: unknown): void {
  printJson(JSON.stringify(event, null, 2));
}

/** @throws {UsageError} for an option that describes a request */
async function payloadOf(values: RequestValues): Promise<Uint8Array | undefined> {
  const other = Object.keys(values).find((name) => name !== 'body');
  if (other !== undefined)
    throw new UsageError(`--${other} describes a request; a trigger has none`);
  if (values.body === undefined) return undefined;
  const payload = await bodyOf(values.body);
  return typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
}

/** @throws {UsageError} that lists the sources */
function sourceOf(positionals: readonly string[]): LambdaSource {
  const source = lambdaSources.find((id) => id === positionals[0]);
  if (source !== undefined && positionals.length === 1) return source;
  const known = `the sources are ${lambdaSources.join(', ')}; the triggers ${triggers.join(', ')}`;
  const [given, ...rest] = positionals;
  if (given === undefined) throw new UsageError(`no source given; ${known}`);
  if (source === undefined)
    throw new UsageError(`there is no source ${JSON.stringify(given)}; ${known}`);
  throw new UsageError(`one source at a time; what is ${JSON.stringify(rest.join(' '))}?`);
}

export type RequestValues = OptionValues<typeof OPTIONS>;

/**
 * The request that the options describe, without its body.
 *
 * @throws {UsageError} for what no client could send, and for what the source has no notion of
 */
export function requestOf(source: LambdaSource, values: RequestValues): LambdaRequest {
  const request: LambdaRequest = {
    method: methodOf(values),
    target: targetOf(values),
    headers: (values.header ?? []).map(headerOf),
  };
  const { domain, scheme, stage, 'source-ip': sourceIp, 'base-path': basePath } = values;
  if (scheme !== undefined) {
    if (scheme !== 'http' && scheme !== 'https') {
      throw new UsageError(`--scheme takes http or https; got ${JSON.stringify(scheme)}`);
    }
    request.scheme = scheme;
  }
  if (sourceIp !== undefined) {
    if (isIP(sourceIp) === 0) {
      throw new UsageError(`--source-ip takes an IP address; got ${JSON.stringify(sourceIp)}`);
    }
    request.sourceIp = sourceIp;
  }
  const isApi = APIS.includes(source);
  for (const [name, value] of Object.entries({ stage, 'base-path': basePath })) {
    if (value !== undefined && !isApi) {
      throw new UsageError(`--${name} is for ${APIS.join(', ')}; ${source} has none`);
    }
  }
  if (stage !== undefined) request.stage = stage;
  if (basePath !== undefined) request.basePath = basePath;
  if (domain !== undefined) {
    const isCustom = isApi && !domain.includes('.execute-api.');
    request[isCustom ? 'customDomain' : 'domainName'] = domain;
  }
  return request;
}

function methodOf({ method, body }: RequestValues): string {
  if (method === undefined) return body === undefined ? 'GET' : 'POST';
  if (!isToken(method)) throw new UsageError(`no method can be ${JSON.stringify(method)}`);
  return method;
}

function targetOf({ path = '/', query }: RequestValues): string {
  if (!path.startsWith('/')) {
    throw new UsageError(`--path starts with a slash; got ${JSON.stringify(path)}`);
  }
  const pieces = [path, query?.replace(/^\?/, '')].filter((piece) => piece !== undefined);
  // A fragment stays with the browser.
  const target = pieces
    .map((piece) => piece.replace(/#.*$/s, ''))
    .join(path.includes('?') ? '&' : '?');
  // Encodes characters that no request line can hold, as browsers do; what is encoded already
  // stays.
  return target.replace(/[^!-~]+/gu, (text) => encodeURIComponent(text));
}

function headerOf(line: string): readonly [name: string, value: string] {
  const [, name = '', value = ''] = /^([^:]*):(.*)$/.exec(line) ?? [];
  if (!isToken(name)) {
    throw new UsageError(`--header takes 'Name: value'; got ${JSON.stringify(line)}`);
  }
  return [name, encodeNative(value.trim())];
}

async function bodyOf(value: string): Promise<Uint8Array | string> {
  return value.startsWith('@') ? readInput(value.slice(1)) : value;
}
