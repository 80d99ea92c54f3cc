import { toLambdaHandler } from 'gatecall/aws';
import { text } from 'gatecall';

export const handler = toLambdaHandler(text('Come in, we are open.\n'));
