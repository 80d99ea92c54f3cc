import { serve } from 'gatecall/node';
import { application } from '../application.ts';

/** The demo behind HTTP, in this process; `workers: 4` would make four of it. */
const server = await serve(application, { accessLog: true });
console.error(`the demo is at ${server.url}`);
