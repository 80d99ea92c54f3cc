import { toLambdaHandler } from 'gatecall/aws';
import { fromFetchHandler } from 'gatecall/bridges/fetch';
import { app } from '../../apps/hono.ts';

export const handler = toLambdaHandler(fromFetchHandler(app));
