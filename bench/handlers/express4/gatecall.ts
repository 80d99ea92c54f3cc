import { toLambdaHandler } from 'gatecall/aws';
import { fromNodeListener } from 'gatecall/bridges/node';
import { app } from '../../apps/express4.ts';

export const handler = toLambdaHandler(fromNodeListener(app));
