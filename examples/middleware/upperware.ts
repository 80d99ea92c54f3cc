/**
 * A middleware of one's own, after PEP 3333's Latinator: text leaves in capitals. `wrapResponse`
 * sees to what is hard about it: lists, streams and written data, responses that an error replaces,
 * and closing the body once.
 */
import { findHeader, type Middleware, wrapResponse } from 'gatecall';

export const upperware: Middleware = (application) =>
  wrapResponse(application, () => ({ headers }) => {
    const isText = findHeader(headers, 'content-type')?.startsWith('text/plain');
    // Capital letters in a gzip file are no capital letters.
    if (!isText || findHeader(headers, 'content-encoding') !== undefined) return {};
    return {
      // These were about other bytes. The length stays what it was.
      headers: headers.filter(([name]) => !/^(?:etag|content-md5|content-digest)$/i.test(name)),
      body: { block: upperCase },
    };
  });

/**
 * Letters of ASCII alone, which are single bytes in UTF-8 too: a block may end within a character.
 */
function upperCase(block: Uint8Array): Uint8Array {
  return block.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte));
}
