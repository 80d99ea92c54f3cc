/**
 * Who may import whom under src/. Given every file and its text, the breaches as sentences.
 *
 *   types       nothing
 *   core        the core: src/*.ts, and folders like validator/ that belong to the file in front of them
 *   testing     the core, its own folder
 *   gateways    the core, its own folder, node: except node:http, of which only types (bridges alike)
 *   middleware  the core, its own folder
 *   local       gateways, the core, and testing/aws.ts, which knows what AWS makes of a request
 *   cli         anything
 */
export type Files = ReadonlyMap<string, string>;

const grouping = ['gateways', 'bridges', 'middleware', 'local', 'cli'];
const mayImport: Record<string, readonly string[]> = {
  types: [],
  core: ['types', 'core'],
  testing: ['types', 'core'],
  gateways: ['types', 'core'],
  bridges: ['types', 'core'],
  middleware: ['types', 'core'],
  local: ['types', 'core', 'gateways', 'local'],
  cli: ['types', 'core', 'testing', 'gateways', 'bridges', 'middleware', 'local', 'cli'],
};
/** Those platforms are those shapes. */
const exceptions = [
  'src/gateways/gcp.ts imports src/gateways/node.ts',
  'src/gateways/azure.ts imports src/gateways/fetch.ts',
];
/** What AWS makes of a request and of a reply is known in one place. */
const AWS = 'src/testing/aws.ts';
const withNode = ['gateways', 'bridges', 'middleware', 'local', 'cli'];
/** What only the command needs is bundled into it; everything else ships without dependencies. */
const withPackages = ['local', 'cli'];

export function breaches(files: Files): string[] {
  return [...files].flatMap(([file, text]) => [
    ...placement(file, files),
    ...imports(text).flatMap((specifier) => breach(file, specifier, files)),
    ...imports(text, { types: false }).flatMap((specifier) => slowStart(file, specifier)),
  ]);
}

function placement(file: string, files: Files): string[] {
  const [, ...path] = file.split('/');
  const name = path.pop();
  const found: string[] = [];
  if (name === 'index.ts' && path.length > 0) {
    found.push(`${file}: no index.ts below src/; name the file in front after its folder`);
  }
  for (let depth = path.length; depth > 0; depth--) {
    const front = `src/${path.slice(0, depth).join('/')}.ts`;
    const grouped = depth === 1 && grouping.includes(path[0] ?? '');
    if (!grouped && !files.has(front)) found.push(`${file}: its folder has no ${front} in front`);
  }
  return found;
}

function slowStart(file: string, specifier: string): string[] {
  return place(file).layer === 'gateways' && /^(node:)?(http|https|http2)$/.test(specifier)
    ? [`${file} imports ${specifier}: that loads undici on a cold start`]
    : [];
}

function breach(file: string, specifier: string, files: Files): string[] {
  const { layer, unit } = place(file);
  if (!specifier.startsWith('.')) {
    const builtin = specifier.startsWith('node:');
    const allowed =
      file !== 'src/gateways/fetch.ts' && (builtin ? withNode : withPackages).includes(layer);
    return allowed ? [] : [`${file} imports ${specifier}: not allowed in ${layer}`];
  }
  const target = resolve(file, specifier);
  if (!files.has(target)) return [`${file} imports ${specifier}: there is no ${target}`];
  const to = place(target);
  const sentence = `${file} imports ${target}`;
  const ownFolder = target.startsWith(file.replace(/\.ts$/, '/'));
  if (layer === 'cli' || ownFolder || unit === to.unit || exceptions.includes(sentence)) return [];
  if (layer === 'local' && target === AWS) return [];
  if (!mayImport[layer]?.includes(to.layer))
    return [`${sentence}: ${layer} may not import ${to.layer}`];
  return to.inside && layer !== 'local' ? [`${sentence}: inside the folder of ${to.unit}`] : [];
}

/** The layer of a file; the unit, which is a front file with its folder; and whether it is in the folder. */
function place(file: string): { layer: string; unit: string; inside: boolean } {
  const [, ...path] = file.replace(/\.ts$/, '').split('/');
  const top = path[0] ?? '';
  if (['gateways', 'bridges'].includes(top)) {
    // A second front of the same bridge.
    const unit = path
      .slice(0, 2)
      .join('/')
      .replace(/^bridges\/fetch-light$/, 'bridges/fetch');
    return { layer: top, unit, inside: path.length > 2 };
  }
  if (top === 'types' || Object.hasOwn(mayImport, top)) {
    // Middleware stands side by side: each file is a unit, with its folder where it has one, and only the file in front
    // sees them all.
    const unit = top === 'middleware' ? path.slice(0, 2).join('/') : top;
    return { layer: top, unit, inside: path.length > (top === 'middleware' ? 2 : 1) };
  }
  return { layer: 'core', unit: top, inside: path.length > 1 };
}

function resolve(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}

/** What a source imports, statically or not. Comments and other strings do not count, nor, with `types: false`, what is imported as types only. */
export function imports(text: string, { types = true } = {}): string[] {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\.|[^`\\])*`|(["'])((?:\\.|(?!\1)[^\\\n])*)\1/g;
  const found: string[] = [];
  let code = '';
  let end = 0;
  for (const match of text.matchAll(token)) {
    code += text.slice(end, match.index);
    end = match.index + match[0].length;
    if (match[2] === undefined) continue;
    const erased = /\b(?:im|ex)port\s+type\b[^;'"]*\bfrom\s*$/.test(code);
    if (/(\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*$/.test(code) && (types || !erased)) {
      found.push(match[2]);
    }
    code += "''";
  }
  return found;
}
