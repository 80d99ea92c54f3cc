/** By hand, for one event source, as AWS's documentation shows it. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { blocksOf } from './body.ts';

interface Event {
  rawPath: string;
  rawQueryString: string;
}

export const handler = awslambda.streamifyResponse(
  async ({ rawPath, rawQueryString }: Event, stream: ResponseStream) => {
    const blocks = blocksOf(rawPath, new URLSearchParams(rawQueryString));
    const headers = { 'Content-Type': 'application/octet-stream' };
    await pipeline(
      Readable.from(blocks),
      awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers }),
    );
  },
);
