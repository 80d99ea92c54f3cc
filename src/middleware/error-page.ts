import { type AnswerOptions, html, text } from '../core/response/answers.ts';
import { describeError } from '../core/request/error-stream.ts';
import { ClientDisconnected, DeadlineExceeded, isA } from '../core/errors.ts';
import { escapeLogText } from '../http/log-format.ts';
import { checkApplication, checkOptions, isFlag, isFunction } from '../core/options.ts';
import type { Application, Environ } from '../types.ts';
import { recover, wrapResponse } from '../core/response/wrap.ts';

export interface ErrorPageOptions {
  /** Shows the error with its stack to the client. Only for development. Default: false. */
  debug?: boolean;
  /** Makes the application that answers instead of the page. */
  page?: (error: unknown, environ: Environ) => Application;
}

/**
 * Answers with a page when the application throws. The error and its stack go to `wsgi.errors`. The
 * page replaces a response that has begun, as long as none of it was sent; after that the response
 * breaks off, as without this middleware.
 *
 * ```ts
 * const sorry = html('<p>Sorry', { status: '500 Internal Server Error' });
 * const polite = errorPage(application, { page: () => sorry });
 * ```
 *
 * `ClientDisconnected` and `DeadlineExceeded` pass on to the server.
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function errorPage(application: Application, options: ErrorPageOptions = {}): Application {
  checkApplication(application);
  checkOptions('errorPage', options, { debug: isFlag, page: isFunction });
  const { debug = false, page = debug ? debugPage : plainPage } = options;
  return recover(application, (error, environ) => {
    if (isA(error, ClientDisconnected) || isA(error, DeadlineExceeded)) return undefined;
    const { REQUEST_METHOD: method, REQUEST_URI: target = environ.PATH_INFO } = environ;
    environ['wsgi.errors'].write(
      `${escapeLogText(`${method} ${target}`)}: ${describeError(error)}\n`,
    );
    const answer = page(error, environ);
    // The answer to HEAD has no bytes, whatever the page.
    return method === 'HEAD' ? wrapResponse(answer, () => () => ({ body: 'drop' })) : answer;
  });
}

const STATUS = '500 Internal Server Error';
/**
 * With `debug` the text holds what a client sent: no browser may take it for a script or for HTML.
 */
const OPTIONS: AnswerOptions = { status: STATUS, headers: [['X-Content-Type-Options', 'nosniff']] };

function plainPage(_error: unknown, environ: Environ): Application {
  if (!acceptsHtml(environ)) return text('Internal Server Error\n', OPTIONS);
  return html(document('<h1>Internal Server Error</h1>'), OPTIONS);
}

function debugPage(error: unknown, environ: Environ): Application {
  const trace = describeError(error);
  if (!acceptsHtml(environ)) return text(`${trace}\n`, OPTIONS);
  return html(document(`<h1>Internal Server Error</h1>\n<pre>${escape(trace)}</pre>`), OPTIONS);
}

function acceptsHtml({ HTTP_ACCEPT: accepted }: Environ): boolean {
  return accepted?.includes('text/html') ?? false;
}

function document(content: string): string {
  return `<!doctype html>\n<meta charset="utf-8">\n<title>Internal Server Error</title>\n${content}\n`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
