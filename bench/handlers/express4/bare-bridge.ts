import { bareBridge } from '../../apps/bare-bridge.ts';
import { app } from '../../apps/express4.ts';

export const handler = bareBridge(app, app);
