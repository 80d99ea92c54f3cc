import { html, text } from '../core/response/body.ts';
import { describeError } from '../core/request/error-stream.ts';
import { ClientDisconnected, DeadlineExceeded, isA } from '../core/errors.ts';
import { checkApplication, checkOptions, isFlag, isFunction } from '../core/options.ts';
import type { Application, Environ } from '../types.ts';
import { recover, wrapResponse } from '../core/response/wrap.ts';

export interface ErrorPageOptions {
  /** Show the error with its stack to the client. For development: a stack tells strangers too much. False unless told. */
  debug?: boolean;
  /** An application that answers instead of the page; it may look at the error. */
  page?: (error: unknown, environ: Environ) => Application;
}

/**
 * Answers with a page when the application throws: logs the error with its stack to `wsgi.errors`, and replaces whatever
 * response was announced, as long as none of it has been sent. After that the response breaks off, as it would without.
 *
 * ```ts
 * const polite = errorPage(application, { page: () => html(sorry, { status: '500 Internal Server Error' }) });
 * ```
 *
 * Lets clients that have gone, and deadlines, pass to the server.
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
    environ['wsgi.errors'].write(`${method} ${target}: ${describeError(error)}\n`);
    const answer = page(error, environ);
    // The answer to HEAD has no bytes, whatever the page.
    return method === 'HEAD' ? wrapResponse(answer, () => () => ({ body: 'drop' })) : answer;
  });
}

const STATUS = '500 Internal Server Error';

function plainPage(_error: unknown, environ: Environ): Application {
  if (!environ.HTTP_ACCEPT?.includes('text/html')) {
    return text('Internal Server Error\n', { status: STATUS });
  }
  return html(document('<h1>Internal Server Error</h1>'), { status: STATUS });
}

function debugPage(error: unknown, environ: Environ): Application {
  const trace = describeError(error);
  if (!environ.HTTP_ACCEPT?.includes('text/html')) return text(`${trace}\n`, { status: STATUS });
  return html(document(`<h1>Internal Server Error</h1>\n<pre>${escape(trace)}</pre>`), {
    status: STATUS,
  });
}

function document(content: string): string {
  return `<!doctype html>\n<meta charset="utf-8">\n<title>Internal Server Error</title>\n${content}\n`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
