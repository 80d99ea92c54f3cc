/** The floor for load balancers: they give the query's parts as they were sent, still encoded. */
import { bytesOf, textOf, type WithBody } from '../../apps/floor.ts';
import { BYTES_TYPE, JSON_TYPE, large, receipt, upload } from '../../apps/routes.ts';

interface Event extends WithBody {
  path: string;
  queryStringParameters: Record<string, string>;
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
    statusDescription: '200 OK',
    headers: { 'content-type': type },
    body,
    isBase64Encoded,
  };
}

function parts({ headers, queryStringParameters: query }: Event): string {
  return JSON.stringify({
    agent: headers['user-agent'],
    q: decode(query['q']),
    page: decode(query['page']),
    sort: decode(query['sort']),
  });
}

function decode(part: string | undefined): string | undefined {
  return part && decodeURIComponent(part.replaceAll('+', ' '));
}
