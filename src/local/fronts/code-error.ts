/** The answer for code that cannot run. AWS has none: it would not have deployed the code. */
import type { CodeError } from '../functions/code.ts';
import { type FrontAnswer, type FrontRequest, headerOf } from './front.ts';

export function codeErrorAnswer(error: CodeError, request: FrontRequest): FrontAnswer {
  const isBrowser = headerOf(request, 'accept')?.includes('text/html') ?? false;
  const body = Buffer.from(isBrowser ? page(error.message) : `${error.message}\n`);
  const type = isBrowser ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
  return {
    status: 502,
    headers: [
      ['content-type', type],
      ['content-length', String(body.length)],
      ['cache-control', 'no-store'],
    ],
    body,
    problem: error.message,
  };
}

function page(message: string): string {
  const [title = '', ...rest] = message.split('\n').map(escapeHtml);
  return `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid; }
</style>
<h1>${title}</h1>
${rest.length > 0 ? `<pre>${rest.join('\n')}</pre>` : ''}
<p>Mend it and reload. This page is gatecall's; on AWS it would not exist.</p>
`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
