import { toLambdaHandler } from 'srvx/aws-lambda';
import { app } from '../../apps/hono.ts';

export const handler = toLambdaHandler({ fetch: app.fetch });
