import { fromFetchHandler } from '../../src/bridges/fetch-light.ts';
import { describeApps } from './apps.ts';

// `fetch()` still answers with Node's own Response.
describeApps('with the light globals', fromFetchHandler, { Request });
