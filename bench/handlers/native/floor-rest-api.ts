/**
 * The floor for REST APIs: they give the query decoded, so nobody would build a string of it and
 * parse that again.
 */
import { bytesOf, textOf, type WithBody } from '../../apps/floor.ts';
import { BYTES_TYPE, JSON_TYPE, large, receipt, upload } from '../../apps/routes.ts';

interface Event extends WithBody {
  path: string;
  queryStringParameters: Record<string, string> | null;
  headers: Record<string, string>;
}

export const handler = async (event: Event): Promise<object> => {
  switch (event.path) {
    case '/large':
      return reply(BYTES_TYPE, large().toString('base64'), true);
    case '/orders':
      return reply(JSON_TYPE, receipt(JSON.parse(textOf(event))));
    case '/upload':
      return reply(JSON_TYPE, upload(bytesOf(event)));
    default:
      return reply(JSON_TYPE, parts(event));
  }
};

function reply(type: string, body: string, isBase64Encoded = false): object {
  return {
    statusCode: 200,
    headers: { 'content-type': type },
    body,
    isBase64Encoded,
  };
}

function parts({ headers, queryStringParameters }: Event): string {
  const query = queryStringParameters ?? {};
  return JSON.stringify({
    agent: headers['User-Agent'],
    q: query['q'],
    page: query['page'],
    sort: query['sort'],
  });
}
