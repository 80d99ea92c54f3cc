/** The request and the parts of answers that the tests of several sources share. */
import type { LambdaRequest } from '../../src/aws-model.ts';
import { textOf, type TestResponse } from '../../src/aws-model/message.ts';

export const PNG_HEAD = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export const PNG_HEAD_BASE64 = 'iVBORw0KGgo=';

export const QUERY = 'tag=red&tag=blue%20green&q=a+b&plus=a%2Bb&empty=&city=Orl%C3%A9ans';

export const TRACE = 'Root=1-69621c18-0123456789abcdef01234567';

/** The request of which AWS's fields were recorded, as a client in lower case (HTTP/2) sends it. */
export const probe: LambdaRequest = {
  method: 'POST',
  target: `/shop/caf%C3%A9%20bar/a%2Fb?${QUERY}`,
  headers: [
    ['user-agent', 'probe/2'],
    ['x-amzn-trace-id', TRACE],
    ['accept', 'image/png'],
    ['content-type', 'image/png'],
    ['content-length', '8'],
    ['cookie', 'sid=abc123; theme=d%20k'],
    ['x-tag', 'one'],
    ['x-tag', 'two'],
  ],
  body: PNG_HEAD,
  sourceIp: '198.51.100.4',
  time: Date.UTC(2026, 9, 16, 8, 0, 3),
};

export const decodedMap = {
  tag: 'blue green',
  q: 'a b',
  plus: 'a+b',
  empty: '',
  city: 'Orléans',
};

export const rawLists = {
  tag: ['red', 'blue%20green'],
  q: ['a+b'],
  plus: ['a%2Bb'],
  empty: [''],
  city: ['Orl%C3%A9ans'],
};

/** The three things a test looks at first. */
export const seen = ({ status, reason, body }: TestResponse): unknown[] => [
  status,
  reason,
  textOf({ body }),
];
