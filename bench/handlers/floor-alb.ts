/** The floor for load balancers: they give the query's parts as they were sent, still encoded. */
import { large } from './page.ts';

interface Event {
  path: string;
  headers: Record<string, string>;
  queryStringParameters: Record<string, string>;
}

export const handler = async (event: Event): Promise<object> => {
  if (event.path === '/large') {
    return {
      statusCode: 200,
      statusDescription: '200 OK',
      headers: { 'content-type': 'application/octet-stream' },
      body: large().toString('base64'),
      isBase64Encoded: true,
    };
  }
  const query = event.queryStringParameters;
  return {
    statusCode: 200,
    statusDescription: '200 OK',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      agent: event.headers['user-agent'],
      q: decode(query['q']),
      page: decode(query['page']),
      sort: decode(query['sort']),
    }),
    isBase64Encoded: false,
  };
};

function decode(part: string | undefined): string | undefined {
  return part && decodeURIComponent(part.replaceAll('+', ' '));
}
