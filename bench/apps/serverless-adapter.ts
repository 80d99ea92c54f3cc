/** @h4ad/serverless-adapter is put together from parts; these are the same for every framework. */
import { ServerlessAdapter } from '@h4ad/serverless-adapter';
import {
  AlbAdapter,
  ApiGatewayV1Adapter,
  ApiGatewayV2Adapter,
} from '@h4ad/serverless-adapter/adapters/aws';
import { DefaultHandler } from '@h4ad/serverless-adapter/handlers/default';
import { PromiseResolver } from '@h4ad/serverless-adapter/resolvers/promise';
import type { FrameworkContract } from '@h4ad/serverless-adapter';

export function adapter<App>(app: App, framework: FrameworkContract<App>): unknown {
  return (
    ServerlessAdapter.new(app)
      .setHandler(new DefaultHandler())
      .setResolver(new PromiseResolver())
      .setFramework(framework)
      .setBinarySettings({ contentTypes: ['application/octet-stream'], contentEncodings: ['gzip'] })
      // Without the option a REST API's headers keep their spelling, which Node's never do.
      .addAdapter(new ApiGatewayV1Adapter({ lowercaseRequestHeaders: true }))
      .addAdapter(new ApiGatewayV2Adapter())
      .addAdapter(new AlbAdapter())
      .build()
  );
}
