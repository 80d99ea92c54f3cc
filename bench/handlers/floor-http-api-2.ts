/** The floor: what a person would write for payload format 2.0 and nothing else. */
import { large, page } from './page.ts';

interface Event {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
}

export const handler = async (event: Event): Promise<object> => {
  if (event.rawPath === '/large') {
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: large().toString('base64'),
      isBase64Encoded: true,
    };
  }
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: page(event.headers['user-agent'], new URLSearchParams(event.rawQueryString)),
    isBase64Encoded: false,
  };
};
