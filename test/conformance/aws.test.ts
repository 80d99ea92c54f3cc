/** The table through `toLambdaHandler`, once for every HTTP event source. */
import { lambdaSources } from '../../src/aws-model.ts';
import { lambdaSubject } from './lambda.ts';
import { describeConformance } from './support.ts';

for (const source of lambdaSources) describeConformance(source, lambdaSubject(source));
