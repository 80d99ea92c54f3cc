/** The floor: what a person would write for payload format 2.0 and nothing else. */
import { bytesOf, textOf, type WithBody } from '../../apps/floor.ts';
import { BYTES_TYPE, JSON_TYPE, large, page, receipt, upload } from '../../apps/routes.ts';

interface Event extends WithBody {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
}

export const handler = async (event: Event): Promise<object> => {
  switch (event.rawPath) {
    case '/large':
      return reply(BYTES_TYPE, large().toString('base64'), true);
    case '/orders':
      return reply(JSON_TYPE, receipt(JSON.parse(textOf(event))));
    case '/upload':
      return reply(JSON_TYPE, upload(bytesOf(event)));
    default:
      return reply(
        JSON_TYPE,
        page(event.headers['user-agent'], new URLSearchParams(event.rawQueryString)),
      );
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
