/**
 * Orders as JSON and a badge as a picture: TypeScript, which the template's BuildMethod bundles.
 */
import { type Application, json } from 'gatecall';
import { toLambdaHandler } from 'gatecall/aws';

const BADGE = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAEAAAAAUAQMAAAAHuKl8AAAABlBMVEUuoEMAAABhR7XMAAAADElEQVR42mNgGHoAAAC0AAGxr1xMAAAAAElFTkSuQmCC',
    'base64',
  ),
);

const application: Application = async (environ, startResponse) => {
  if (environ.PATH_INFO === '/badge.png') {
    startResponse('200 OK', [['Content-Type', 'image/png']]);
    return [BADGE];
  }
  if (environ.REQUEST_METHOD === 'POST') {
    const placed = new TextDecoder().decode(await environ['wsgi.input'].read());
    return await json({ placed }, { status: '201 Created' })(environ, startResponse);
  }
  const id = environ.PATH_INFO.split('/').at(-1);
  const order = { id, total: 25, currency: process.env['CURRENCY'] };
  return await json(order)(environ, startResponse);
};

export const handler = toLambdaHandler(application);
