/** gatecall with a native application. */
import type { Application } from 'gatecall';
import { toLambdaHandler } from 'gatecall/aws';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from '../../apps/routes.ts';

const application: Application = (environ, startResponse) => {
  const answer = (type: string, body: Uint8Array): Uint8Array[] => {
    startResponse('200 OK', [['Content-Type', type]]);
    return [body];
  };
  const input = environ['wsgi.input'];
  switch (environ.PATH_INFO) {
    case '/large':
      return answer(BYTES_TYPE, large());
    case '/orders':
      return input.read().then((body) => {
        const order: unknown = JSON.parse(new TextDecoder().decode(body));
        return answer(JSON_TYPE, Buffer.from(receipt(order)));
      });
    case '/upload':
      return input.read().then((body) => answer(JSON_TYPE, Buffer.from(upload(body))));
    default: {
      const query = new URLSearchParams(environ.QUERY_STRING);
      return answer(JSON_TYPE, Buffer.from(page(environ.HTTP_USER_AGENT, query)));
    }
  }
};

export const handler = toLambdaHandler(application);
