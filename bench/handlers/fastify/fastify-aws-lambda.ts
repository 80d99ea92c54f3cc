import awsLambdaFastify from '@fastify/aws-lambda';
import { app } from '../../apps/fastify.ts';

export const handler = awsLambdaFastify(app, { binaryMimeTypes: ['application/octet-stream'] });
