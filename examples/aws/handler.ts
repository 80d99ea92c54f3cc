import { toLambdaHandler } from 'gatecall/aws';
import { application } from '../application.ts';

/**
 * One handler for the HTTP API, the REST API, the Function URL and the load balancer: each event
 * says where it is from.
 */
export const handler = toLambdaHandler(application);
