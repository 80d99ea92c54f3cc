/** The environment variables of a function. It inherits only what it needs to run. */
import type { FunctionDefinition } from '../project.ts';
import { lambdaVariables } from './context.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables for programs, temporary files, and the credentials and endpoints of AWS's SDK. */
const INHERITED =
  /^(?:PATH|TMPDIR|TEMP|TMP|SYSTEMROOT|PATHEXT|NODE_EXTRA_CA_CERTS|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|REGION|DEFAULT_REGION|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ENDPOINT_URL.*))$/i;

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, and `AWS_SAM_LOCAL`, by
 * which code recognises a local run.
 */
export function functionVariables(
  definition: FunctionDefinition,
  folder: string,
  runtimeApi: string,
  host: Variables,
): Variables {
  const inherited = Object.fromEntries(
    Object.entries(host).filter(([name]) => INHERITED.test(name)),
  );
  return lambdaVariables(
    { name: definition.name, handler: definition.handler, folder },
    {
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
      AWS_SAM_LOCAL: 'true',
      ...inherited,
      ...definition.environment,
      AWS_LAMBDA_FUNCTION_NAME: definition.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
    },
  );
}
