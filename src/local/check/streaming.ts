/** Checks that handler and front agree on streaming, which no event shows. */
import { type CheckContext, type Way, waysOf } from './context.ts';
import { handlerKind } from './handler-kind.ts';
import { splitHandler } from './handlers.ts';

export function checkStreaming(context: CheckContext): void {
  for (const way of waysOf(context.project)) {
    const definition = context.functionOf(way.functionId);
    const source = context.sourceOf(way.functionId);
    if (!definition || !source) continue;
    const kind = handlerKind(source, splitHandler(definition.handler)?.exportName ?? '');
    if (kind === 'buffered' && way.stream) sayBuffered(context, way, definition.handler);
    if (kind === 'streaming' && !way.stream)
      sayStreaming(context, way, definition.handler, source.text);
  }
}

/** Lambda delivers the envelope as it is: the client sees `{"statusCode":200,…}`. */
function sayBuffered({ notes }: CheckContext, way: Way, handler: string): void {
  const { front, functionId, name } = way;
  const message = `${name} streams, and ${handler} answers in one piece: the client gets the reply's JSON in place of the page`;
  const isUrl = front.kind === 'function-url';
  const setting = isUrl ? 'InvokeMode: BUFFERED' : 'ResponseTransferMode: BUFFERED';
  notes.error('streaming', message, {
    place: (isUrl && front.places?.['InvokeMode']) || way.place,
    resource: functionId,
    fix: `export toStreamingLambdaHandler(application), or set ${setting}`,
  });
}

function sayStreaming({ notes }: CheckContext, way: Way, handler: string, text: string): void {
  const { front, functionId, name } = way;
  const about = { place: way.place, resource: functionId };
  switch (front.kind) {
    case 'function-url': {
      const place = front.places?.['InvokeMode'] ?? way.place;
      const message = `${handler} streams, and ${name} does not: the client waits for the last byte`;
      notes.warning('streaming', message, {
        place,
        resource: functionId,
        fix: 'InvokeMode: RESPONSE_STREAM',
      });
      break;
    }
    case 'rest-api':
      notes.error('streaming', `${handler} streams, and ${name} does not: the client gets a 502`, {
        ...about,
        fix: 'ResponseTransferMode: STREAM, or export toLambdaHandler(application)',
      });
      break;
    case 'http-api':
    case 'alb':
      // `toStreamingLambdaHandler` answers these sources in one piece.
      if (text.includes('toStreamingLambdaHandler')) break;
      notes.error('streaming', `${handler} streams, which ${name} cannot`, {
        ...about,
        fix: 'toStreamingLambdaHandler answers it in one piece; so does any handler that does not stream',
      });
      break;
  }
}
