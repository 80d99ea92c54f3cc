import { toLambdaHandler } from 'gatecall/aws';
import { fromNodeListener } from 'gatecall/bridges/node';
import { app } from '../../apps/express5.ts';

export const handler = toLambdaHandler(fromNodeListener(app));
