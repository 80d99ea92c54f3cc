import { bareBridge } from '../../apps/bare-bridge.ts';
import { app } from '../../apps/koa.ts';

export const handler = bareBridge(app.callback());
