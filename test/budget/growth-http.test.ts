/** Every parser of src/http, on headers of 256 KB: the time grows in proportion to the length. */
import { it } from 'vitest';
import { chooseEncoding } from '../../src/http/accept-encoding.ts';
import { readAddress } from '../../src/http/address.ts';
import {
  type Conditions,
  isNotModified,
  isPreconditionFailed,
  isRangeCurrent,
} from '../../src/http/conditional.ts';
import { parseHttpDate } from '../../src/http/date.ts';
import { hop, readForwarded } from '../../src/http/forwarded.ts';
import { addVary, findHeader, hasDirective, isToken, listItems } from '../../src/http/headers.ts';
import { escapeLogText, formatCombined } from '../../src/http/log-format.ts';
import { contentType } from '../../src/http/media-types.ts';
import { parseRange } from '../../src/http/range.ts';
import { isStatus } from '../../src/http/status.ts';
import { parseHost } from '../../src/http/host.ts';
import { decodeNative, nativeToText, percentDecode } from '../../src/base/native.ts';
import { expectLinearText } from '../growth.ts';

const none: Conditions = {
  match: undefined,
  noneMatch: undefined,
  modifiedSince: undefined,
  unmodifiedSince: undefined,
  range: undefined,
};
const validators = { etag: '"a"', lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT' };
const line = {
  address: '192.0.2.1',
  user: undefined,
  time: new Date(0),
  request: 'GET / HTTP/1.1',
  status: 200,
  bytes: 0,
};

type Row = [name: string, parse: (text: string) => unknown, beginnings?: string[], ends?: string[]];

const parsers: Row[] = [
  ['chooseEncoding', (text) => chooseEncoding(text, ['br', 'gzip']), ['']],
  ['readAddress', readAddress, ['', '[', '192.', '::'], ['', ':1', ']']],
  [
    'If-None-Match',
    (text) => isNotModified({ ...none, noneMatch: text }, validators),
    ['', '"', 'W/"'],
  ],
  ['If-Match', (text) => isPreconditionFailed({ ...none, match: text }, validators), ['', '"']],
  ['If-Range', (text) => isRangeCurrent({ ...none, range: text }, validators), ['', 'W/"']],
  [
    'If-Modified-Since',
    (text) => isNotModified({ ...none, modifiedSince: text }, validators),
    ['', 'Sun, 06 Nov 1994 08:49:37 GMT'],
  ],
  ['parseHttpDate', parseHttpDate, ['', 'Sunday', 'Sun Nov  6 08:49:37 ']],
  ['hop', (text) => [hop(text, 1), hop(text, 1000)]],
  [
    'readForwarded',
    (text) => readForwarded(text, 1),
    ['', 'for=', 'for="', 'for="a";'],
    ['', '"', '!'],
  ],
  ['listItems', listItems],
  ['addVary', (text) => addVary([['Vary', text]], 'Origin', 'Accept')],
  ['hasDirective', (text) => hasDirective([['Cache-Control', text]], 'no-transform')],
  ['findHeader', (text) => findHeader([[text, '']], 'vary')],
  ['isToken', isToken, ['', 'a']],
  ['escapeLogText', escapeLogText],
  ['formatCombined', (text) => formatCombined({ ...line, referer: text, userAgent: text })],
  ['contentType', contentType, ['', '/a.', '.'], ['', '.js', '/']],
  ['parseRange', (text) => parseRange(text, 1000), ['', 'bytes=', 'bytes=0-1,', 'bytes=0']],
  ['isStatus', isStatus, ['', '200 ', '200 a'], ['', ' ']],
  ['parseHost', parseHost, ['', '[', 'a:', 'a.'], ['', ':80', ']']],
  ['percentDecode', percentDecode],
  ['decodeNative', decodeNative],
  ['nativeToText', nativeToText],
];

it.each(parsers)(
  '%s',
  async (_name, parse, ...around) => {
    await expectLinearText(parse, ...around);
  },
  120_000,
);
