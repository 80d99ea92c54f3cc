import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { describeApps } from './apps.ts';

describeApps('with the globals untouched', fromFetchHandler, { Request });
