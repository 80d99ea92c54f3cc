import { fileURLToPath } from 'node:url';
import { toLambdaHandler } from 'gatecall/aws';
import {
  accessLog,
  compress,
  conditionalGet,
  errorPage,
  etag,
  head,
  mount,
  requestId,
  securityHeaders,
  staticFiles,
} from 'gatecall/middleware';
import { application } from '../application.ts';
import { upperware } from './upperware.ts';

/** This folder, so that there is something to serve; a bundle takes the folder it lies in. */
const root = fileURLToPath(new URL('.', import.meta.url));

const site = mount({
  '/': application,
  '/loud': upperware(application),
  '/files': staticFiles(application, { root, fallthrough: false }),
});

/** Read from the outside in: what is logged is what the client got. */
export const handler = toLambdaHandler(
  requestId(accessLog(securityHeaders(errorPage(compress(conditionalGet(head(etag(site)))))))),
);
