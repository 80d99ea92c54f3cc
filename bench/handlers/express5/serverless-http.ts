import serverless from 'serverless-http';
import { app } from '../../apps/express5.ts';

// Without `binary` it answers /large with text that is none.
export const handler = serverless(app, { binary: ['application/octet-stream'] });
