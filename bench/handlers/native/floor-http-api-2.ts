/** The floor: what a person would write for payload format 2.0 and nothing else. */
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from '../../apps/routes.ts';

interface Event {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}

export const handler = async (event: Event): Promise<object> => {
  switch (event.rawPath) {
    case '/large':
      return reply(BYTES_TYPE, large().toString('base64'), true);
    case '/orders':
      return reply(JSON_TYPE, receipt(JSON.parse(text(event))));
    case '/upload':
      return reply(JSON_TYPE, upload(Buffer.from(event.body ?? '', 'base64')));
    default:
      return reply(
        JSON_TYPE,
        page(event.headers['user-agent'], new URLSearchParams(event.rawQueryString)),
      );
  }
};

function text({ body = '', isBase64Encoded }: Event): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
}

function reply(type: string, body: string, isBase64Encoded = false): object {
  return {
    statusCode: 200,
    headers: { 'content-type': type },
    body,
    isBase64Encoded,
  };
}
