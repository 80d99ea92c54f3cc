/**
 * The least that an environ of its own costs each request: the keys gatecall gives, in a
 * null-prototype object, and the application called with it. No value is checked, no error is
 * caught, nothing waits, streams or is logged; only the small GET is answered.
 */
import { type BareEvent, bareReply, pathOf, queryOf } from '../../apps/bare.ts';
import { JSON_TYPE, page } from '../../apps/routes.ts';

type Environ = Record<string, unknown>;
type Start = (status: string, headers: readonly (readonly [string, string])[]) => void;

function application(environ: Environ, start: Start): Uint8Array[] {
  start('200 OK', [['Content-Type', JSON_TYPE]]);
  const query = new URLSearchParams(environ['QUERY_STRING'] as string);
  return [Buffer.from(page(environ['HTTP_USER_AGENT'] as string, query))];
}

export const handler = async (
  event: BareEvent,
  context: { awsRequestId: string },
): Promise<object> => {
  const { http } = event.requestContext;
  const path = pathOf(event);
  const query = queryOf(event);
  const environ: Environ = {
    __proto__: null,
    REQUEST_METHOD: '',
    SCRIPT_NAME: '',
    PATH_INFO: '',
    QUERY_STRING: '',
    REQUEST_URI: '',
    SERVER_NAME: '',
    SERVER_PORT: '443',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'none',
    GATEWAY_INTERFACE: 'CGI/1.1',
    HTTPS: 'on',
    REMOTE_ADDR: '',
    'wsgi.version': null,
    'wsgi.url_scheme': 'https',
    'wsgi.input': null,
    'wsgi.errors': null,
    'wsgi.multithread': false,
    'wsgi.multiprocess': true,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': null,
    'gatecall.async': true,
    'gatecall.concurrent': false,
    'gatecall.input_buffered': true,
    'gatecall.raw_path': '',
    'gatecall.event': null,
    'gatecall.context': null,
    'gatecall.source': '',
    'gatecall.request_id': '',
    'gatecall.after': null,
    'gatecall.signal': null,
  };
  environ['REQUEST_METHOD'] = http?.method ?? 'GET';
  environ['PATH_INFO'] = path;
  environ['QUERY_STRING'] = query;
  environ['REQUEST_URI'] = `${path}?${query}`;
  environ['REMOTE_ADDR'] = http?.sourceIp;
  environ['wsgi.input'] = {};
  environ['wsgi.errors'] = {};
  environ['gatecall.raw_path'] = path;
  environ['gatecall.event'] = event;
  environ['gatecall.context'] = context;
  environ['gatecall.request_id'] = context.awsRequestId;
  const headers: Record<string, string | string[]> = event.multiValueHeaders ?? event.headers;
  for (const name in headers) {
    const value = headers[name];
    environ[keyOf(name)] = typeof value === 'string' ? value : value?.[0];
  }
  if (event.cookies) environ['HTTP_COOKIE'] = event.cookies.join('; ');
  environ['SERVER_NAME'] = environ['HTTP_HOST'];

  let status = '';
  const sent: Record<string, string> = {};
  const [body] = application(environ, (line, list) => {
    status = line;
    for (const [name, value] of list) sent[name.toLowerCase()] = value;
  });
  return bareReply(event, Number(status.slice(0, 3)), sent, body as Uint8Array);
};

const KEYS = new Map<string, string>();

function keyOf(name: string): string {
  let key = KEYS.get(name);
  if (key === undefined) KEYS.set(name, (key = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`));
  return key;
}
