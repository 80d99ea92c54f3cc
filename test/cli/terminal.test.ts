import { describe, expect, it } from 'vitest';
import { terminalJson, terminalText } from '../../src/cli/terminal.ts';
import { expectLinear } from '../growth.ts';

const ESC = '\x1b';

describe('terminalText', () => {
  it('keeps colours, tabs and line ends', () => {
    const text = `${ESC}[31mred${ESC}[39m\t${ESC}[1;38;5;208mor${ESC}[0m${ESC}[m\n${ESC}[4:3mx`;
    expect(terminalText(text)).toBe(text);
  });

  it.each([
    ['clears the screen', `${ESC}[2J`],
    ['moves the cursor', `${ESC}[10;20H`],
    ['hides it', `${ESC}[?25l`],
    ['asks for an answer', `${ESC}[6n`],
    ['changes the keyboard', `${ESC}[>4;2m`],
    ['resets', `${ESC}c`],
    ['chooses letters', `${ESC}(0`],
    ['sets the title', `${ESC}]0;title\x07`],
    ['writes to the clipboard', `${ESC}]52;c;ZXZpbA==${ESC}\\`],
    ['makes a link', `${ESC}]8;;http://evil.example${ESC}\\`],
    ['defines keys', `${ESC}P1;1|17/0a${ESC}\\`],
    ['is an APC string', `${ESC}_x${ESC}\\`],
    ['is a C1 CSI', '\x9b31m'],
    ['is a C1 OSC', '\x9d0;title\x9c'],
    ['deletes and returns', '\b\r\x7f\x07\x00\x0e'],
  ])('drops what %s', (_what, sequence) => {
    expect(terminalText(`a${sequence}b`)).toBe('ab');
  });

  it.each([`${ESC}[31`, ESC, `${ESC}[`, '\x9b', `${ESC} `])('drops %j at the end', (sequence) => {
    expect(terminalText(`a${sequence}`)).toBe('a');
  });

  it('loses no text to a string that has no end', () => {
    expect(terminalText(`a${ESC}]0;title and more`)).toBe('a0;title and more');
  });

  it('makes no new sequence of the rest', () => {
    expect(terminalText(`${ESC}${ESC}[2J[2J`)).toBe('[2J');
    expect(terminalText(`${ESC}${ESC}]0;x\x07[2J`)).not.toContain(ESC);
    expect(terminalText(`\x9b\x9b2J`)).not.toMatch(/[\x80-\x9f]/);
  });

  it.each([`${ESC}]`, `${ESC}[1;`, ESC, `${ESC}[31m`, '\x90x', 'a'])(
    'takes time in proportion to the number of %j',
    (piece) => {
      expectLinear((size) => terminalText(piece.repeat(size)), 4000);
    },
  );
});

it('terminalJson keeps the value, and no control', () => {
  const value = { a: '\x1b[2J\x9b2J\x7f\x85' };
  const json = terminalJson(JSON.stringify(value));
  expect(json).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  expect(JSON.parse(json)).toEqual(value);
});
