/** gatecall with a native application. */
import type { Application } from 'gatecall';
import { toLambdaHandler } from 'gatecall/aws';
import { large, page } from './page.ts';

const application: Application = (environ, startResponse) => {
  if (environ.PATH_INFO === '/large') {
    startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
    return [large()];
  }
  const query = new URLSearchParams(environ.QUERY_STRING);
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [Buffer.from(page(environ.HTTP_USER_AGENT, query))];
};

export const handler = toLambdaHandler(application);
