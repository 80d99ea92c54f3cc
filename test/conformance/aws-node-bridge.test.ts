/**
 * The table through `toLambdaHandler(fromNodeListener(toNodeListener(application)))`, which must
 * change nothing that a source tells.
 */
import { fromNodeListener } from '../../src/bridges/node.ts';
import { toNodeListener } from '../../src/gateways/node.ts';
import { lambdaSources } from '../../src/aws-model.ts';
import { lambdaSubject, type Wrap } from './lambda.ts';
import { describeConformance } from './support.ts';

const wrap: Wrap = (application, errors) =>
  fromNodeListener(toNodeListener(application, { log: errors, multiprocess: true }));

for (const source of lambdaSources) {
  // A listener is written for servers, which call it while an earlier call still runs.
  describeConformance(
    `${source}, node and back`,
    lambdaSubject(source, { wrap, concurrent: true }),
  );
}
