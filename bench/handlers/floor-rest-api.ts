/** The floor for REST APIs: they give the query decoded, so nobody would build a string of it and parse that again. */
import { large } from './page.ts';

interface Event {
  path: string;
  headers: Record<string, string>;
  queryStringParameters: Record<string, string> | null;
}

export const handler = async (event: Event): Promise<object> => {
  if (event.path === '/large') {
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: large().toString('base64'),
      isBase64Encoded: true,
    };
  }
  const query = event.queryStringParameters ?? {};
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      agent: event.headers['User-Agent'],
      q: query['q'],
      page: query['page'],
      sort: query['sort'],
    }),
    isBase64Encoded: false,
  };
};
