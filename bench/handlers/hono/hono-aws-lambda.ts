import { handle } from 'hono/aws-lambda';
import { app } from '../../apps/hono.ts';

export const handler = handle(app);
