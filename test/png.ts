/** A screenshot in 256 colours: a third of the bytes, and the text as sharp as before. */
import { crc32, deflateSync } from 'node:zlib';
import type { Page } from './browser.ts';

interface Pixels {
  width: number;
  height: number;
  /** Red, green, blue and opacity of each pixel, in base64. */
  rgba: string;
}

/** What the page shows, as a PNG with a palette. */
export async function picture(page: Page): Promise<Buffer> {
  const png = await page.screenshot({});
  const { width, height, rgba } = await page.evaluate<Pixels>(decode(png.toString('base64')));
  const pixels = Buffer.from(rgba, 'base64');
  const colours = Array.from({ length: width * height }, (_, at) => pixels.readUIntBE(at * 4, 3));
  const palette = commonest(colours);
  const nearest = new Map<number, number>(palette.map((colour, index) => [colour, index]));
  const indexOf = (colour: number): number => {
    let index = nearest.get(colour);
    if (index === undefined) nearest.set(colour, (index = closest(palette, colour)));
    return index;
  };
  const rows = Buffer.alloc((width + 1) * height);
  for (const [at, colour] of colours.entries()) {
    rows[at + Math.floor(at / width) + 1] = indexOf(colour);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3], 8); // eight bits a pixel, each an index
  const entries = Buffer.alloc(palette.length * 3);
  for (const [index, colour] of palette.entries()) entries.writeUIntBE(colour, index * 3, 3);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('PLTE', entries),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The browser can read a PNG; so nothing else here needs to. */
function decode(base64: string): string {
  return `(async () => {
    const bytes = Uint8Array.from(atob('${base64}'), (unit) => unit.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    let units = '';
    for (let at = 0; at < data.length; at += 8192) units += String.fromCharCode(...data.subarray(at, at + 8192));
    return { width, height, rgba: btoa(units) };
  })()`;
}

/**
 * Colours that differ by less look the same here; without this the many greys of letters would
 * drive out a rare red.
 */
const APART = 12 ** 2;

function commonest(colours: readonly number[]): number[] {
  const times = new Map<number, number>();
  for (const colour of colours) times.set(colour, (times.get(colour) ?? 0) + 1);
  const palette: number[] = [];
  for (const [colour] of [...times].sort(([, a], [, b]) => b - a)) {
    const isFar = palette.length < 64 || palette.every((it) => distance(it, colour) >= APART);
    if (isFar && palette.length < 256) palette.push(colour);
  }
  return palette;
}

function closest(palette: readonly number[], colour: number): number {
  const distances = palette.map((it) => distance(it, colour));
  return distances.indexOf(Math.min(...distances));
}

function distance(a: number, b: number): number {
  const part = (shift: number): number => ((a >> shift) & 255) - ((b >> shift) & 255);
  return part(16) ** 2 + part(8) ** 2 + part(0) ** 2;
}

/** PNG specification, section 5.3. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
