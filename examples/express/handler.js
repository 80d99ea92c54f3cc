import { toLambdaHandler } from 'gatecall/aws';
import { fromNodeListener } from 'gatecall/bridges/node';
import { app } from './app.js';

export const handler = toLambdaHandler(fromNodeListener(app));
