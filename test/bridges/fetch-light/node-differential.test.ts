/**
 * What Web Platform Tests found: places where the light classes differed from Node's own. Each is
 * done with both, and what is seen must be the same.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { LightHeaders } from '../../../src/bridges/fetch/headers.ts';
import { LightResponse } from '../../../src/bridges/fetch-light/response.ts';

interface HeadersClass {
  new (init?: unknown): Headers;
  readonly prototype: Headers;
}
const NodeHeaders = Headers as unknown as HeadersClass;
const Light = LightHeaders as unknown as HeadersClass;

/** Does something with both classes, and expects the same outcome. */
function expectSame(use: (Headers: HeadersClass) => unknown): void {
  const [native, light] = [NodeHeaders, Light].map((one) => {
    try {
      return { gave: use(one) };
    } catch (error) {
      return { threw: (error as Error).name };
    }
  });
  expect(light).toEqual(native);
}

/** Each operation that is asked of an object, in order. */
function traced(target: object, log: string[]): object {
  const traps = new Proxy(
    {},
    {
      get:
        (_, trap: keyof typeof Reflect) =>
        (...given: unknown[]): unknown => {
          log.push(`${trap} ${String(given[1] ?? '')}`);
          return Reflect.apply(Reflect[trap] as () => unknown, Reflect, given);
        },
    },
  );
  return new Proxy(target, traps);
}

describe('a record given to Headers', () => {
  const throwing = Object.defineProperty({ a: '1', c: '3' }, 'b', {
    enumerable: true,
    get() {
      throw new RangeError('on purpose');
    },
  });
  it.each<[string, () => object]>([
    ['nothing', () => ({})],
    ['two headers', () => ({ a: '1', B: '2' })],
    ['a name twice', () => ({ a: '1', A: '2' })],
    ['a name that is no token', () => ({ a: '1', 'b c': '2', d: '3' })],
    ['a name that is no ByteString', () => ({ a: '1', '\u0100': '2', d: '3' })],
    ['a value that cannot be sent', () => ({ a: '1', b: 'x\ny', d: '3' })],
    ['a value that is no ByteString', () => ({ a: '1', b: '\u0100', d: '3' })],
    ['a symbol', () => ({ a: '1', [Symbol('x')]: '2' })],
    ['a symbol that is not enumerable', () => Object.defineProperty({ a: '1' }, Symbol('x'), {})],
    ['a property that is not enumerable', () => Object.defineProperty({ a: '1' }, 'b', {})],
    ['a property that throws', () => throwing],
    ['inherited properties', () => Object.create({ a: '1' }) as object],
    [
      'an own iterator',
      () => ({
        *[Symbol.iterator]() {
          yield ['x', 'y'];
        },
        a: '1',
      }),
    ],
    ['an iterator that is none', () => ({ [Symbol.iterator]: undefined, a: '1' })],
    ['a function', () => Object.assign(() => undefined, { a: '1' })],
  ])('with %s is asked for the same, and no more', (_, make) => {
    expectSame((Headers) => {
      const log: string[] = [];
      const outcome = (): unknown => {
        try {
          return [...new Headers(traced(make(), log))];
        } catch (error) {
          return (error as Error).name;
        }
      };
      return [outcome(), log];
    });
  });
});

describe('what Headers are iterated by', () => {
  it.each(['keys', 'values', 'entries'] as const)('%s() gives the iterator of WebIDL', (method) => {
    expectSame((Headers) => {
      const headers = new Headers({ b: '2', a: '1' });
      const iterator = headers[method]() as Iterator<unknown> & object;
      const prototype = Object.getPrototypeOf(iterator) as object & { next: () => unknown };
      const { next, ...others } = Object.getOwnPropertyDescriptors(prototype);
      return [
        Reflect.ownKeys(iterator),
        Reflect.ownKeys(prototype),
        [next.writable, next.enumerable, next.configurable],
        others,
        Object.getPrototypeOf(prototype) ===
          Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
        prototype === Object.getPrototypeOf(headers.entries()),
        Object.prototype.toString.call(iterator),
        (iterator as unknown as Iterable<unknown>)[Symbol.iterator]() === iterator,
        iterator.next(),
        iterator.next(),
        iterator.next(),
        iterator.next(),
      ];
    });
    expectSame((Headers) => {
      const prototype = Object.getPrototypeOf(new Headers()[method]()) as Iterator<unknown>;
      return prototype.next.call({} as never);
    });
  });

  it('is one function under two names', () => {
    expectSame((Headers) => {
      const { prototype } = Headers;
      return prototype[Symbol.iterator] === prototype.entries;
    });
  });

  it.each(['append', 'delete', 'set'] as const)('follows a %s on the way', (change) => {
    for (const name of ['a', 'b', 'c', 'd', 'set-cookie', 'z']) {
      for (const at of [0, 1, 2, 3, 4, 5]) {
        expectSame((Headers) => {
          const headers = new Headers([
            ['b', '1'],
            ['d', '2'],
            ['set-cookie', 's=1'],
            ['set-cookie', 't=1'],
            ['x', '3'],
          ]);
          const seen: unknown[] = [];
          const iterator = headers.entries();
          for (let index = 0; index < 12; index++) {
            if (index === at) headers[change](name, 'new');
            seen.push(iterator.next());
          }
          return [seen, [...headers]];
        });
      }
    }
  });
});

describe('Headers given to Headers', () => {
  it('are asked for an iterator of their own', () => {
    expectSame((Headers) => {
      const headers = new Headers([['a', '1']]);
      Object.defineProperty(headers, Symbol.iterator, {
        *value() {
          yield ['x', 'y'];
        },
      });
      return [...new Headers(headers)];
    });
    expectSame((Headers) => {
      class Own extends Headers {}
      const own = function* (): Generator<string[]> {
        yield ['x', 'y'];
      };
      Object.defineProperty(Own.prototype, Symbol.iterator, { value: own });
      return [...new Headers(new Own({ a: '1' }))];
    });
  });

  it('are copied with each cookie', () => {
    expectSame((Headers) => {
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['b', '1'],
        ['set-cookie', 'c=2, d'],
        ['B', '2'],
      ]);
      const copy = new Headers(headers);
      headers.append('set-cookie', 'later=1');
      return [[...copy], copy.getSetCookie(), copy.get('set-cookie')];
    });
  });
});

describe('a then on Object.prototype', () => {
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, 'then');
  });

  const utf8 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text));
  const bodies: Record<string, () => unknown> = {
    text: () => '1',
    'text with a mark': () => '\ufeff1',
    bytes: () => utf8('1'),
    'an ArrayBuffer': () => utf8('1').buffer,
  };

  it.each(Object.keys(bodies))('does not get between %s and its reader', async (kind) => {
    for (const method of ['text', 'json'] as const) {
      const response = new LightResponse(bodies[kind]?.());
      let asked = 0;
      // oxlint-disable-next-line no-extend-native, unicorn/no-thenable -- a dependency may do so
      Object.defineProperty(Object.prototype, 'then', {
        configurable: true,
        value(onFulfilled: (value: unknown) => void) {
          asked++;
          Reflect.deleteProperty(Object.prototype, 'then');
          onFulfilled(utf8('2'));
        },
      });
      const read = await response[method]();
      Reflect.deleteProperty(Object.prototype, 'then');
      expect([asked, String(read)]).toEqual([0, '1']);
    }
  });
});
