import { toStreamingLambdaHandler } from 'gatecall/aws';
import { application } from './application.ts';

/**
 * One handler for a function URL and a REST API, both set to streaming: under either the event says
 * where it is from.
 */
export const handler = toStreamingLambdaHandler(application);
