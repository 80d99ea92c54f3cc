/**
 * The table through `toLambdaHandler(fromFetchHandler(toFetchHandler(application)))`, which must
 * change nothing that a `Request` can hold. Three sources that differ in all that matters here;
 * fetch-bridge.test.ts has the core.
 */
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { toFetchHandler } from '../../src/gateways/fetch.ts';
import type { LambdaSource } from '../../src/aws-model.ts';
import type { Subject } from '../../src/testing/conformance.ts';
import type { Environ } from '../../src/types.ts';
import { lambdaSubject, type Wrap } from './lambda.ts';
import { describeConformance } from './support.ts';

const sources: readonly LambdaSource[] = ['function-url', 'rest-api', 'alb-multi'];

/**
 * The mount is told to the inner side: as routers of this kind expect, no `Request` of the bridge
 * has it in its URL.
 */
const wrapAt =
  (basePath?: string): Wrap =>
  (application, log) =>
    fromFetchHandler(
      toFetchHandler(application, {
        log,
        ...(basePath !== undefined && { basePath }),
        // What a Request does not say, the bridge's second argument does.
        platform: {
          name: 'bridge',
          remoteAddress: (_request, given) => environOf(given).REMOTE_ADDR,
          protocol: (_request, given) => environOf(given).SERVER_PROTOCOL,
        },
      }),
    );

function environOf([context]: readonly unknown[]): Environ {
  return (context as { environ: Environ }).environ;
}

for (const source of sources) {
  // Fetch handlers are written for servers, which call them while an earlier call still runs.
  const at = (basePath?: string): Subject =>
    lambdaSubject(source, { wrap: wrapAt(basePath), concurrent: true, ownDomain: true });
  const subject = at();
  describeConformance(`${source}, fetch and back`, {
    ...subject,
    serveAt: (application, basePath) => at(basePath).serve(application),
    // The URL standard resolves dot segments.
    limits: [...(subject.limits ?? []), 'normalized-path'],
  });
}
