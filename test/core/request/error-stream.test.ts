import { describe, expect, it } from 'vitest';
import { describeError, errorStream } from '../../../src/core/request/error-stream.ts';
import type { ErrorStream } from '../../../src/types.ts';

function collector(): { messages: string[]; errors: ErrorStream } {
  const messages: string[] = [];
  return { messages, errors: errorStream((message) => messages.push(message)) };
}

describe('errorStream to a function', () => {
  it('makes one message of each ended line, and of a text of several', () => {
    const { messages, errors } = collector();
    errors.write('low ');
    errors.write('on tea\n');
    errors.write('Error\n    at here\n');
    expect(messages).toEqual(['low on tea', 'Error\n    at here']);
  });

  it('passes on the rest at flush(), once', () => {
    const { messages, errors } = collector();
    errors.write('no end');
    expect(messages).toEqual([]);
    void errors.flush();
    void errors.flush();
    expect(messages).toEqual(['no end']);
  });

  it('writes lines as they are, adding none', () => {
    const { messages, errors } = collector();
    errors.writelines(new Set(['a', 'b\n', 'c\n']));
    expect(messages).toEqual(['ab', 'c']);
  });

  it('takes any text, lone surrogates and controls included', () => {
    const { messages, errors } = collector();
    errors.write('\ud800\0é\u0100\n');
    expect(messages).toEqual(['\ud800\0é\u0100']);
  });

  it('outlives a sink that throws', () => {
    const errors = errorStream(() => {
      throw new Error('disk full');
    });
    expect(() => {
      errors.write('x\n');
      errors.write('y');
      void errors.flush();
    }).not.toThrow();
  });

  it('keeps requests apart on one sink', () => {
    const messages: string[] = [];
    const sink = (message: string): number => messages.push(message);
    const [one, two] = [errorStream(sink), errorStream(sink)];
    one.write('one ');
    two.write('two\n');
    one.write('ends\n');
    expect(messages).toEqual(['two', 'one ends']);
  });
});

describe('errorStream to a stream', () => {
  function target(): ErrorStream & { text: string; flushes: number } {
    return {
      text: '',
      flushes: 0,
      write(text) {
        this.text += text;
      },
      writelines() {},
      async flush() {
        this.flushes += 1;
        await Promise.reject(new Error('gone'));
      },
    };
  }

  it('keeps the newline, calls methods on their owner, and flushes, failing or not', async () => {
    const sink = target();
    const errors = errorStream(sink);
    errors.write('a\nb');
    await errors.flush();
    expect(sink).toMatchObject({ text: 'a\nb', flushes: 1 });
  });

  it('outlives a flush that throws at once', () => {
    const errors = errorStream({
      write() {},
      flush() {
        throw new Error('gone');
      },
    });
    expect(() => errors.flush()).not.toThrow();
  });
});

describe('describeError', () => {
  it('shows the stack and the causes', () => {
    const cause = new TypeError('the cause');
    const text = describeError(new Error('the error', { cause }));
    expect(text).toMatch(
      /^Error: the error\n {4}at .*\ncaused by:\nTypeError: the cause\n {4}at /s,
    );
  });

  it('stops at five, so that a cycle ends', () => {
    const error = new Error('round');
    error.cause = error;
    expect(describeError(error).split('caused by:')).toHaveLength(6);
  });

  it.each([
    ['a string', 'boom', 'thrown: boom'],
    ['nothing', undefined, 'thrown: undefined'],
    ['null', null, 'thrown: null'],
    ['a symbol', Symbol('s'), 'thrown: Symbol(s)'],
    ['an object', { code: 7 }, 'thrown: {"code":7}'],
    ['a bigint in an object', { n: 1n }, 'thrown: a value that cannot be shown'],
    ['no prototype', Object.create(null), 'thrown: {}'],
    ['an error without a stack', Object.assign(new Error('m'), { stack: undefined }), 'Error: m'],
  ])('says what was thrown: %s', (_, thrown, text) => {
    expect(describeError(thrown)).toBe(text);
  });

  it('never throws, whatever was thrown', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = Object.defineProperty(new Error('m'), 'cause', {
      get() {
        throw new Error('from the getter');
      },
    });
    expect(describeError(proxy)).toBe('thrown: a value that cannot be shown');
    expect(describeError(hostile)).toMatch(/Error: m/);
  });
});
