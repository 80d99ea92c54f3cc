import { expect, it } from 'vitest';
import { createSentBlocks } from '../../src/validator/sent-blocks.ts';
import { expectLinear } from '../growth.ts';

it('takes time in proportion to the number of blocks', () => {
  const block = new Uint8Array(1);
  // 600,000 bytes stay in the window, most of 2,400,000 leave it.
  expectLinear((size) => {
    const blocks = createSentBlocks();
    for (let count = 0; count < size; count++) blocks.add(block);
    blocks.check();
  }, 600_000);
});

it('keeps the last megabyte in view, however small the blocks', () => {
  const blocks = createSentBlocks();
  const kept = Array.from({ length: 40 }, () => new Uint8Array(100_000));
  for (const block of kept) blocks.add(block);
  expect(() => blocks.check()).not.toThrow();
  kept[5]?.fill(1);
  expect(() => blocks.check()).not.toThrow();
  kept[30]?.fill(1);
  expect(() => blocks.check()).toThrow(/got other bytes in a block of 100000/);
});
