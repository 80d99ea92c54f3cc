import { bareBridge } from '../../apps/bare-bridge.ts';
import { app } from '../../apps/express5.ts';

export const handler = bareBridge(app, app);
