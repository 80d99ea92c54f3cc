/**
 * Guards the inspector: its own page and programs on this machine may use it. A page of another
 * site can reach every port of this machine too, and with a name that points at 127.0.0.1 (DNS
 * rebinding) it could read the answers.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  status: number;
  text: string;
}

/** The refusal of a request, if there is one. */
export function refusalOf(request: IncomingMessage, token: string): Refusal | undefined {
  const host = request.headers.host ?? '';
  const port = request.socket.localPort ?? 0;
  if (!isOwnName(host, port)) {
    return {
      status: 421,
      text: `The inspector answers to http://127.0.0.1:${port} and http://localhost:${port} only.\n`,
    };
  }
  if (isForeign(request, host)) {
    return { status: 403, text: 'The inspector answers its own page only.\n' };
  }
  if (request.method === 'GET') return undefined;
  const given = Buffer.from(String(request.headers['x-gatecall-token'] ?? ''));
  const wanted = Buffer.from(token);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return undefined;
  return { status: 403, text: 'The page is from an earlier run: reload it.\n' };
}

/** Names with their port, as browsers send them; clients leave out port 80 only. */
function isOwnName(host: string, port: number): boolean {
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  return names.includes(host.toLowerCase()) || (port === 80 && names.includes(`${host}:80`));
}

/**
 * Browsers name the sender in `Sec-Fetch-Site`, and in `Origin` if the request may change
 * something. A link from another site to the page is allowed; CSP forbids frames.
 */
function isForeign(request: IncomingMessage, host: string): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) return true;
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return !(mode === 'navigate' && request.method === 'GET');
}
