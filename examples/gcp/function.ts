import { toCloudEventFunction, toCloudFunction } from 'gatecall/gcp';
import { application } from '../application.ts';

/**
 * An HTTP function, and the same application for events. The functions framework finds them by
 * these names.
 */
export const api = toCloudFunction(application);
export const worker = toCloudEventFunction(application);
