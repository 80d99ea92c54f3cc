/**
 * What the bare rows read of an event, whichever of the three sources it comes from. No value is
 * checked.
 */
export interface BareEvent {
  rawPath?: string;
  path?: string;
  rawQueryString?: string;
  queryStringParameters?: Record<string, string>;
  multiValueQueryStringParameters?: Record<string, string[]>;
  multiValueHeaders?: Record<string, string[]>;
  headers: Record<string, string>;
  cookies?: string[];
  body?: string | null;
  requestContext: { http?: { method: string; sourceIp: string; protocol: string }; elb?: unknown };
}

export function pathOf(event: BareEvent): string {
  return event.rawPath ?? event.path ?? '/';
}

/** REST APIs have decoded the query. */
export function queryOf(event: BareEvent): string {
  if (event.rawQueryString !== undefined) return event.rawQueryString;
  const encode = event.requestContext.elb === undefined;
  const parts = event.multiValueQueryStringParameters ?? event.queryStringParameters ?? {};
  let query = '';
  for (const name in parts) {
    const value = String(parts[name]);
    query += `${query && '&'}${name}=${encode ? encodeURIComponent(value) : value}`;
  }
  return query;
}

export function bareReply(
  event: BareEvent,
  statusCode: number,
  headers: Record<string, string>,
  body: Uint8Array,
): object {
  const reply = {
    statusCode,
    headers,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(),
    isBase64Encoded: false,
  };
  if (event.requestContext.elb === undefined) return reply;
  return { ...reply, statusDescription: `${statusCode} OK` };
}
