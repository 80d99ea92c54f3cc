import type { BareEvent } from '../../apps/bare.ts';
import { bareBridge } from '../../apps/bare-bridge.ts';
import { app } from '../../apps/fastify.ts';

let ready = false;
const bridge = bareBridge((request, response) => app.routing(request, response));

export const handler = async (event: BareEvent): Promise<object> => {
  if (!ready) {
    await app.ready();
    ready = true;
  }
  return bridge(event);
};
