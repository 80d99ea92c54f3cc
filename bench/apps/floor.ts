/** What the hand-written handlers share. */
export interface WithBody {
  body?: string;
  isBase64Encoded?: boolean;
}

export function textOf({ body = '', isBase64Encoded }: WithBody): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
}

export function bytesOf({ body = '' }: WithBody): Buffer {
  return Buffer.from(body, 'base64');
}
