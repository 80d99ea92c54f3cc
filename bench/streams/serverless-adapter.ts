import { ServerlessAdapter } from '@h4ad/serverless-adapter';
import { ApiGatewayV2Adapter } from '@h4ad/serverless-adapter/adapters/aws';
import { AwsStreamHandler } from '@h4ad/serverless-adapter/handlers/aws';
import { DummyResolver } from '@h4ad/serverless-adapter/resolvers/dummy';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { blocksOf } from './body.ts';

function listener(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  response.setHeader('Content-Type', 'application/octet-stream');
  pipeline(Readable.from(blocksOf(pathname, searchParams)), response, (error) => {
    if (error) console.error(error);
  });
}

export const handler = ServerlessAdapter.new(listener)
  .setHandler(new AwsStreamHandler())
  .setResolver(new DummyResolver())
  .setFramework({ sendRequest: (app, request, response) => app(request, response) })
  .addAdapter(new ApiGatewayV2Adapter())
  .build();
