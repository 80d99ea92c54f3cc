import { bufferedInput } from '../core/request/input.ts';
import { latin1String, percentDecode } from '../base/native.ts';
import { checkApplication, checkOptions, isListOf, isText } from '../core/options.ts';
import { isToken } from '../http/headers.ts';
import type { Application, Environ } from '../types.ts';

export interface MethodOverrideOptions {
  /** The methods that a POST may become. Default: PUT, PATCH, DELETE. */
  methods?: readonly string[];
  /** The field of a form that names the method; `''` for none. Default: `'_method'`. */
  field?: string;
}

/** Bytes. The middleware reads a whole form to find the field; it leaves larger ones alone. */
const LARGEST_FORM = 1_048_576;

/**
 * Lets a POST name another method, by `X-HTTP-Method-Override` or by a form field, because HTML
 * forms can send only GET and POST. The application sees that method, and `POST` in
 * `gatecall.original_method`. It can still read the form.
 *
 * ```ts
 * // <input type="hidden" name="_method" value="DELETE">
 * const restful = methodOverride(application);
 * ```
 *
 * Does nothing for a method that is not in the list, and for a form that is `multipart`, larger
 * than 1 MB or of unknown length.
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function methodOverride(
  application: Application,
  options: MethodOverrideOptions = {},
): Application {
  checkApplication(application);
  checkOptions('methodOverride', options, {
    methods: isListOf((value) => isText(value) && isToken(value)),
    field: isText,
  });
  const { methods = ['PUT', 'PATCH', 'DELETE'], field = '_method' } = options;
  const override = (environ: Environ, wanted: string | undefined): void => {
    const method = methods.find((one) => one === wanted?.trim().toUpperCase());
    if (method === undefined) return;
    environ['gatecall.original_method'] = environ.REQUEST_METHOD;
    environ.REQUEST_METHOD = method;
  };
  return (environ, startResponse) => {
    const named = environ.HTTP_X_HTTP_METHOD_OVERRIDE;
    if (environ.REQUEST_METHOD !== 'POST') return application(environ, startResponse);
    if (named !== undefined || field === '' || !isForm(environ)) {
      override(environ, named);
      return application(environ, startResponse);
    }
    return readForm(environ, field).then((method) => {
      override(environ, method);
      return application(environ, startResponse);
    });
  };
}

function isForm({ CONTENT_TYPE: type = '', CONTENT_LENGTH: length }: Environ): boolean {
  const media = type.split(';', 1)[0]?.trim().toLowerCase();
  return (
    media === 'application/x-www-form-urlencoded' &&
    length !== undefined &&
    Number(length) <= LARGEST_FORM
  );
}

/** The value of a field. Puts the bytes back, so that the application can read them. */
async function readForm(environ: Environ, field: string): Promise<string | undefined> {
  const body = await environ['wsgi.input'].read(Number(environ.CONTENT_LENGTH));
  environ['wsgi.input'] = bufferedInput(body);
  environ['gatecall.input_buffered'] = true;
  const decode = (text: string): string => percentDecode(text.replaceAll('+', ' '));
  for (const pair of latin1String(body).split('&')) {
    const [name = '', value = ''] = pair.split('=', 2);
    if (decode(name) === field) return decode(value);
  }
  return undefined;
}
