import { toStreamingLambdaHandler } from 'gatecall/aws';
import { blocksOf } from './body.ts';

export const handler = toStreamingLambdaHandler((environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
  return blocksOf(environ.PATH_INFO, new URLSearchParams(environ.QUERY_STRING));
});
