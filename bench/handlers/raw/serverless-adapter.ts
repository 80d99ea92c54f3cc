import { listener } from '../../apps/raw.ts';
import { adapter } from '../../apps/serverless-adapter.ts';

export const handler = adapter(listener, {
  sendRequest: (app, request, response) => app(request, response),
});
