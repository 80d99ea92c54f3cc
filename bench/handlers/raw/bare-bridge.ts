import { bareBridge } from '../../apps/bare-bridge.ts';
import { listener } from '../../apps/raw.ts';

export const handler = bareBridge(listener);
