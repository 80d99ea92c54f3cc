/** Where a server listens: what the options say, else what the platform's environment says. */
import { describe } from '../../base/bytes.ts';

export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

export interface AddressOptions {
  host?: string;
  port?: number;
  socket?: string;
}

/**
 * Variables that hold the port: on Cloud Run, Knative and Heroku; on Azure custom handlers; on
 * Alibaba Function Compute.
 */
const PORTS = ['PORT', 'FUNCTIONS_CUSTOMHANDLER_PORT', 'FC_SERVER_PORT'];

/**
 * The options win over the environment. On a platform the server must be reachable from outside the
 * sandbox; elsewhere only this machine reaches it by default.
 *
 * @throws {TypeError} when they contradict each other, or a variable makes no sense
 */
export function listenAddress(
  { host, port, socket }: AddressOptions,
  env: Readonly<Record<string, string | undefined>>,
): ListenAddress {
  if (socket !== undefined) {
    if (host !== undefined || port !== undefined)
      throw new TypeError('a server listens on a host and port, or on a socket; not on both');
    return { path: socket };
  }
  const endpoint = env['AWS_LAMBDA_HTTP_ENDPOINT'];
  if (endpoint) {
    const given = lambdaEndpoint(endpoint);
    return { host: host ?? given.host, port: port ?? given.port };
  }
  const name = PORTS.find((name) => env[name]);
  if (name === undefined) return { host: host ?? '127.0.0.1', port: port ?? 8000 };
  return { host: host ?? '0.0.0.0', port: port ?? portNumber(env[name] ?? '', name) };
}

/**
 * Lambda Web Functions say where to listen in one variable, host and port (aws-events, section 11).
 */
function lambdaEndpoint(endpoint: string): { host: string; port: number } {
  const [, bracketed, plain, port] =
    /^(?:https?:\/\/)?(?:\[([0-9A-Fa-f:.]+)\]|([^:/[\]]*)):([0-9]+)\/?$/.exec(endpoint) ?? [];
  if (port === undefined) {
    throw new TypeError(`AWS_LAMBDA_HTTP_ENDPOINT holds host:port; got ${describe(endpoint)}`);
  }
  return {
    host: bracketed ?? (plain || '0.0.0.0'),
    port: portNumber(port, 'AWS_LAMBDA_HTTP_ENDPOINT'),
  };
}

function portNumber(text: string, name: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65535) {
    throw new TypeError(`${name} holds a port, 0 to 65535; got ${describe(text)}`);
  }
  return Number(text);
}

/** As it is usually written: `http://127.0.0.1:8000`, `unix:/run/app.sock`. */
export function describeAddress(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  const { host, port } = address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
