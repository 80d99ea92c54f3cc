/** The global of Lambda's Node runtime, as much of it as the rows use. */
type ResponseStream = NodeJS.WritableStream & { setContentType(type: string): void };

declare const awslambda: {
  streamifyResponse<Event, Context>(
    handler: (event: Event, stream: ResponseStream, context: Context) => Promise<void>,
  ): unknown;
  HttpResponseStream: { from(stream: ResponseStream, prelude: object): ResponseStream };
};
