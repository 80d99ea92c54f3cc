/** The floor for load balancers: they give the query's parts as they were sent, still encoded. */
import { BYTES_TYPE, JSON_TYPE, large, receipt, upload } from '../../apps/routes.ts';

interface Event {
  path: string;
  queryStringParameters: Record<string, string>;
  headers: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}

export const handler = async (event: Event): Promise<object> => {
  switch (event.path) {
    case '/large':
      return reply(BYTES_TYPE, large().toString('base64'), true);
    case '/orders':
      return reply(JSON_TYPE, receipt(JSON.parse(text(event))));
    case '/upload':
      return reply(JSON_TYPE, upload(Buffer.from(event.body ?? '', 'base64')));
    default:
      return reply(JSON_TYPE, parts(event));
  }
};

function text({ body = '', isBase64Encoded }: Event): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
}

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
