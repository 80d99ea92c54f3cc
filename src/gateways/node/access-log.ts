/** The server's access log, which has the requests that never reached the application as well. */
import { formatCombined } from '../../http/log-format.ts';
import { findHeader } from '../../http/headers.ts';
import { statusCode } from '../../http/status.ts';
import type { FinishedRequest } from './listener.ts';

/** What nginx logs for a client that left before its response had begun. */
const CLIENT_CLOSED = 499;

export function accessLine(
  { request, headers, address, user, status, bytes }: FinishedRequest,
  time: Date,
): string {
  const { method = '-', url = '-', httpVersion, socket } = request;
  return formatCombined({
    address: address ?? socket?.remoteAddress,
    user,
    time,
    request: `${method} ${url} HTTP/${httpVersion}`,
    status: status === '' ? CLIENT_CLOSED : statusCode(status),
    bytes,
    referer: findHeader(headers, 'referer'),
    userAgent: findHeader(headers, 'user-agent'),
  });
}

/** The line of a request that could not be read. */
export function unreadableLine(address: string | undefined, status: number, time: Date): string {
  const nothing = { user: undefined, referer: undefined, userAgent: undefined };
  return formatCombined({ ...nothing, address, time, request: '-', status, bytes: 0 });
}
