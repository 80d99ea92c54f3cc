/** A little HTTP/1.1 for cases about bytes that no HTTP client would send. */
import type { Application } from '../../types.ts';
import type { TestResponse } from '../../aws-model.ts';
import { type Bench, cannotExpress, type Client } from './case.ts';
import { latin1, native, wrong } from './support.ts';

export interface RawClient {
  readonly client: Client;
  send(bytes: string): Promise<void>;
  /** The next response on this connection, an interim one included; throws when there is none. */
  response(): Promise<TestResponse>;
  /** Everything that still comes, until the server closes. */
  rest(): Promise<string>;
  leave(): void;
}

/** One request as bytes. */
export function request(
  method: string,
  target: string,
  headers: readonly string[],
  body = '',
): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: gatecall.example', ...headers, '', body].join(
    '\r\n',
  );
}

export async function openRaw(bench: Bench, application: Application): Promise<RawClient> {
  const client = await bench.serve(application);
  if (!client.driver.connect) {
    return cannotExpress('the subject speaks no HTTP/1.1 of its own: its driver has no connect()');
  }
  const connection = await client.driver.connect();
  let received = '';

  const more = async (): Promise<boolean> => {
    const bytes = await connection.read();
    received += native(bytes);
    return bytes.length > 0;
  };
  const take = (length: number): string => {
    const taken = received.slice(0, length);
    received = received.slice(length);
    return taken;
  };
  const through = async (end: string): Promise<string> => {
    while (!received.includes(end)) {
      if (!(await more())) wrong('response', `bytes up to ${JSON.stringify(end)}`, received);
    }
    return take(received.indexOf(end) + end.length);
  };
  const exactly = async (length: number): Promise<string> => {
    while (received.length < length) {
      if (!(await more())) wrong('response body', `${length} bytes`, `${received.length} bytes`);
    }
    return take(length);
  };
  const rest = async (): Promise<string> => {
    while (await more());
    return take(received.length);
  };
  const chunked = async (): Promise<string> => {
    let body = '';
    for (;;) {
      const size = parseInt(await through('\r\n'), 16);
      if (Number.isNaN(size)) wrong('chunk size', 'hexadecimal digits', received.slice(0, 40));
      body += await exactly(size);
      const end = await through('\r\n');
      if (size === 0) return body;
      if (end !== '\r\n') wrong('end of a chunk', 'an empty line', end);
    }
  };

  return {
    client,
    send: async (bytes) => connection.write(latin1(bytes)),
    rest,
    leave: () => connection.destroy(),
    async response() {
      const [statusLine = '', ...fields] = (await through('\r\n\r\n')).trimEnd().split('\r\n');
      const [, code, reason = ''] = /^HTTP\/1\.[01] ([0-9]{3}) ?(.*)$/.exec(statusLine) ?? [];
      if (code === undefined) wrong('status line', 'HTTP/1.1, code, reason', statusLine);
      const headers = fields.map((field): [string, string] => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      });
      const of = (name: string): string | undefined => headers.find(([key]) => key === name)?.[1];
      const status = Number(code);
      let body = '';
      if (status >= 200 && status !== 204 && status !== 304) {
        if (of('transfer-encoding') === 'chunked') body = await chunked();
        else
          body = await (of('content-length') === undefined
            ? rest()
            : exactly(Number(of('content-length'))));
      }
      return { status, reason, headers, body: latin1(body) };
    },
  };
}
