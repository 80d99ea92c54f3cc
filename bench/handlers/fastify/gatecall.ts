import { toLambdaHandler } from 'gatecall/aws';
import { fromNodeListener } from 'gatecall/bridges/node';
import { app } from '../../apps/fastify.ts';

export const handler = toLambdaHandler(fromNodeListener(app));
