import { handleLambdaEventWithStream } from 'srvx/aws-lambda';
import { blocksOf } from './body.ts';
import { webStream } from './web.ts';

type Stream = typeof handleLambdaEventWithStream;

function app(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  return new Response(webStream(blocksOf(pathname, searchParams)), {
    headers: { 'Content-Type': 'application/octet-stream' },
  });
}

export const handler = awslambda.streamifyResponse(
  (event: Parameters<Stream>[1], stream: Parameters<Stream>[2], context: Parameters<Stream>[3]) =>
    handleLambdaEventWithStream(app, event, stream, context),
);
