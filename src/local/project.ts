/**
 * A SAM template on this machine: its functions, and the fronts that send them requests.
 * `template.ts` makes it from a file; `start-api` and `invoke` use nothing else of the template.
 */

/** Where in the template something stands. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A note for the user: what is wrong or left out, and the fix. */
export interface Note {
  readonly level: 'error' | 'warning' | 'info';
  /** A stable name, e.g. `binary-media-types`, for `--json` and for documentation. */
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly place?: Place;
  /** The logical id it is about. */
  readonly resource?: string;
}

export interface Project {
  /** The template's absolute path. */
  readonly file: string;
  /** The project's folder, outside which nothing is read. Default: the template's. */
  readonly folder: string;
  readonly functions: readonly FunctionDefinition[];
  readonly fronts: readonly Front[];
  readonly notes: readonly Note[];
}

export interface FunctionDefinition {
  /** The logical id. */
  readonly id: string;
  /** `FunctionName`, else the logical id. */
  readonly name: string;
  /** `nodejs24.x` */
  readonly runtime: string;
  /** `app.handler`, `src/app.handler` */
  readonly handler: string;
  /** Absolute, inside the project's folder. */
  readonly codeFolder: string;
  /** From `Metadata` with `BuildMethod: esbuild`; left out where the code runs as it lies there. */
  readonly build?: EsbuildProperties;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly architecture: 'x86_64' | 'arm64';
  /** Why it cannot run on this machine, as the answer to an invocation. `notes` holds it too. */
  readonly unsupported?: string;
  readonly place: Place;
  readonly places?: PropertyPlaces;
}

/** Where properties stand, by their names in the template: `Handler`, `BinaryMediaTypes`. */
export type PropertyPlaces = Readonly<Record<string, Place>>;

/** `BuildProperties` of SAM's esbuild build method, in esbuild's own spelling. */
export interface EsbuildProperties {
  readonly entryPoints: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

export type Front = HttpApiFront | RestApiFront | FunctionUrlFront | LoadBalancerFront;

interface FrontBase {
  /** The logical id of the API, of the function that has the URL, or of the listener. */
  readonly id: string;
  readonly place: Place;
  readonly places?: PropertyPlaces;
}

export interface HttpApiFront extends FrontBase {
  readonly kind: 'http-api';
  /** The URL has any stage but `'$default'`. */
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly routes: readonly HttpApiRoute[];
  readonly cors?: Cors;
  /** Of custom domains, without slashes around: `shop`; `''` is the root of a domain. */
  readonly basePaths: readonly string[];
}

export interface HttpApiRoute {
  /** `GET`, `ANY`; `$default` takes what no other route takes. */
  readonly method: string;
  /** `/items/{id}`, `/{proxy+}`, `$default` */
  readonly path: string;
  readonly functionId: string;
  readonly payloadFormat: '1.0' | '2.0';
  readonly timeoutMs: number;
  readonly authorizer?: Authorizer;
  readonly place: Place;
}

export interface RestApiFront extends FrontBase {
  readonly kind: 'rest-api';
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly routes: readonly RestApiRoute[];
  readonly cors?: Cors;
  /** With slashes: `image/*`, never `image~1*`. */
  readonly binaryMediaTypes: readonly string[];
  readonly basePaths: readonly string[];
  /** The values of API keys in the template, where they are known. */
  readonly apiKeys: readonly string[];
}

export interface RestApiRoute {
  readonly method: string;
  readonly path: string;
  readonly functionId: string;
  readonly stream: boolean;
  readonly timeoutMs: number;
  readonly apiKeyRequired: boolean;
  readonly authorizer?: Authorizer;
  readonly place: Place;
}

export interface FunctionUrlFront extends FrontBase {
  readonly kind: 'function-url';
  readonly functionId: string;
  readonly stream: boolean;
  readonly authType: 'NONE' | 'AWS_IAM';
  readonly cors?: Cors;
}

export interface LoadBalancerFront extends FrontBase {
  readonly kind: 'alb';
  /** In the order of priority. The listener's default action comes last and has no conditions. */
  readonly rules: readonly LoadBalancerRule[];
  /**
   * `idle_timeout.timeout_seconds` of the load balancer, where it is known; AWS's default is 60 s.
   */
  readonly idleTimeoutMs?: number;
}

export interface LoadBalancerRule {
  readonly conditions: readonly LoadBalancerCondition[];
  readonly action:
    | {
        readonly type: 'function';
        readonly functionId: string;
        readonly multiValueHeaders: boolean;
        /** The target group, where there is one in the template. */
        readonly group?: { readonly id: string; readonly place: Place };
      }
    | {
        readonly type: 'fixed';
        readonly status: number;
        readonly contentType?: string;
        readonly body?: string;
      }
    | { readonly type: 'redirect'; readonly status: 301 | 302; readonly location: string };
  readonly place: Place;
}

/** Values are patterns of `*` and `?`; one of them has to match. */
export type LoadBalancerCondition =
  | { readonly on: 'path' | 'host' | 'method'; readonly values: readonly string[] }
  | { readonly on: 'header'; readonly name: string; readonly values: readonly string[] }
  | {
      readonly on: 'query';
      readonly values: readonly { readonly key?: string; readonly value: string }[];
    }
  | { readonly on: 'source-ip'; readonly values: readonly string[] };

export interface Cors {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  /** In seconds. */
  readonly maxAge?: number;
}

export type Authorizer =
  | {
      readonly type: 'lambda';
      readonly name: string;
      readonly functionId: string;
      readonly format: 'rest-token' | 'rest-request' | '1.0' | '2.0';
      readonly simpleResponses: boolean;
      /** `$request.header.Authorization`, `method.request.header.Authorization` */
      readonly identitySources: readonly string[];
    }
  | {
      readonly type: 'jwt';
      readonly name: string;
      readonly issuer: string;
      readonly audience: readonly string[];
      readonly scopes: readonly string[];
      readonly identitySource: string;
    }
  /** IAM, Cognito and others: requests pass with a note. */
  | { readonly type: 'not-enforced'; readonly name: string; readonly reason: string };
