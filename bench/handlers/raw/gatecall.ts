import { toLambdaHandler } from 'gatecall/aws';
import { fromNodeListener } from 'gatecall/bridges/node';
import { listener } from '../../apps/raw.ts';

export const handler = toLambdaHandler(fromNodeListener(listener));
