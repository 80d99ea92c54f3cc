/** With the light classes in place of the globals. */
import { toLambdaHandler } from 'gatecall/aws';
import { fromFetchHandler } from 'gatecall/bridges/fetch-light';
import { app } from '../../apps/hono.ts';

export const handler = toLambdaHandler(fromFetchHandler(app));
