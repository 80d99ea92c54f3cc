import serverless from 'serverless-http';
import { listener } from '../../apps/raw.ts';

// Without `binary` it answers /large with text that is none.
export const handler = serverless(listener, { binary: ['application/octet-stream'] });
