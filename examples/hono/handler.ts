import { toLambdaHandler } from 'gatecall/aws';
import { fromFetchHandler } from 'gatecall/bridges/fetch-light'; // before the application: see README.md
import { app } from './app.ts';

export const handler = toLambdaHandler(fromFetchHandler(app));
