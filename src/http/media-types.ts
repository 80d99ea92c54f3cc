/**
 * Media types by a file's ending: those that browsers need to be told (IANA's registry, RFC 9239
 * for scripts).
 */

const UTF8 = '; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  __proto__: null as never,
  aac: 'audio/aac',
  avif: 'image/avif',
  bmp: 'image/bmp',
  cjs: `text/javascript${UTF8}`,
  css: `text/css${UTF8}`,
  csv: `text/csv${UTF8}`,
  eot: 'application/vnd.ms-fontobject',
  epub: 'application/epub+zip',
  flac: 'audio/flac',
  gif: 'image/gif',
  gz: 'application/gzip',
  htm: `text/html${UTF8}`,
  html: `text/html${UTF8}`,
  ico: 'image/x-icon',
  ics: `text/calendar${UTF8}`,
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: `text/javascript${UTF8}`,
  json: 'application/json',
  jsonld: 'application/ld+json',
  jxl: 'image/jxl',
  m4a: 'audio/mp4',
  map: 'application/json',
  md: `text/markdown${UTF8}`,
  mjs: `text/javascript${UTF8}`,
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  ogv: 'video/ogg',
  opus: 'audio/ogg',
  otf: 'font/otf',
  pdf: 'application/pdf',
  png: 'image/png',
  rss: 'application/rss+xml',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  ttf: 'font/ttf',
  txt: `text/plain${UTF8}`,
  wasm: 'application/wasm',
  wav: 'audio/wav',
  weba: 'audio/webm',
  webm: 'video/webm',
  webmanifest: 'application/manifest+json',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
  xhtml: 'application/xhtml+xml',
  xml: 'application/xml',
  zip: 'application/zip',
  zst: 'application/zstd',
};

/** `application/octet-stream` for an unknown ending: a browser saves it rather than guess. */
export function contentType(path: string): string {
  const ending = /\.([^./]+)$/.exec(path)?.[1];
  return TYPES[ending?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}
