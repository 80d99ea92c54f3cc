/**
 * Who may talk to the inspector: the page it served, and programs on this machine. Not another
 * site's page in the user's browser, which can reach every port of this machine, and by a name it
 * points at 127.0.0.1 (DNS rebinding) could read as well.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  status: number;
  text: string;
}

/** Why a request is refused, or nothing. */
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

/**
 * With port, because that is how a browser says it; no client leaves it out on a port other than
 * 80.
 */
function isOwnName(host: string, port: number): boolean {
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  return names.includes(host.toLowerCase()) || (port === 80 && names.includes(`${host}:80`));
}

/**
 * Browsers say who sends a request in `Sec-Fetch-Site`, and of one that may change something in
 * `Origin`. A link to the page from elsewhere is fine, as a frame could not show it.
 */
function isForeign(request: IncomingMessage, host: string): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) return true;
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return !(mode === 'navigate' && request.method === 'GET');
}
