/**
 * Who may import whom under src/, and what goes in a circle. Given every file and its text, the
 * breaches as sentences.
 */
export type Files = ReadonlyMap<string, string>;

/** From the ground up: a layer imports itself and the layers below it, never one beside it. */
export const floors: readonly (readonly string[])[] = [
  ['types'],
  ['base'],
  ['http'],
  ['core'],
  ['gateways', 'bridges', 'middleware', 'validator'],
  ['aws-model'],
  ['testing'],
  ['local'],
  ['cli'],
];
/** What a user imports of the core. Nothing in src/ imports it from there. */
const doors: readonly string[] = ['index', 'gateway'];
/** Folders without a file in front: every file of theirs may be imported. */
const open: readonly string[] = ['base', 'http', 'core', 'gateways', 'bridges', 'local', 'cli'];
/** Layers whose files stand side by side, each with a folder of its own. */
const sideBySide: readonly string[] = ['gateways', 'bridges', 'middleware'];
/** Those of them that are built on another one. */
const builtOn: Readonly<Record<string, string>> = {
  'gateways/gcp': 'gateways/node',
  'gateways/azure': 'gateways/fetch',
  'bridges/fetch-light': 'bridges/fetch',
};
/** The command, which ships in one piece, may look behind the files in front. */
const command: readonly string[] = ['local', 'cli'];
/**
 * What loads `node:` modules. Middleware names their types, and `builtin()` gets them on first use.
 */
const withNode: readonly string[] = ['gateways', 'bridges', ...command];
const withNodeTypes: readonly string[] = [...withNode, 'middleware'];
const anyHost: readonly string[] = ['gateways/fetch'];

export function breaches(files: Files): string[] {
  return [...files].flatMap(([file, text]) => {
    const loaded = new Set(imports(text, { types: false }));
    return [
      ...placement(file, files),
      ...imports(text).flatMap((specifier) =>
        specifier.startsWith('.')
          ? relative(file, specifier, files)
          : foreign(file, specifier, loaded.has(specifier)),
      ),
    ];
  });
}

function placement(file: string, files: Files): string[] {
  const [, ...path] = file.split('/');
  const name = path.pop() ?? '';
  const { layer } = place(file);
  if (!layer) return [`${file}: src/ has no layer ${path[0] ?? name}`];
  const found: string[] = [];
  if (name === 'index.ts' && path.length > 0) {
    found.push(`${file}: no index.ts below src/; name the file in front after its folder`);
  }
  // The core is in folders by subject: request/, response/.
  const first = layer === 'core' ? path.length : open.includes(layer) ? 1 : 0;
  for (let depth = path.length; depth > first; depth--) {
    const front = `src/${path.slice(0, depth).join('/')}.ts`;
    if (!files.has(front)) found.push(`${file}: its folder has no ${front} in front`);
  }
  return found;
}

function foreign(file: string, specifier: string, loaded: boolean): string[] {
  const { layer, unit } = place(file);
  const sentence = `${file} imports ${specifier}`;
  if (specifier.startsWith('node:')) {
    const allowed = (loaded ? withNode : withNodeTypes).includes(layer) && !anyHost.includes(unit);
    if (!allowed) return [`${sentence}: ${layer} must run on any host`];
    // Importing it loads undici: 14 to 25 ms of a cold start.
    const slow = loaded && /^node:(http|https|http2)$/.test(specifier);
    return slow && !command.includes(layer) ? [`${sentence}: that loads undici`] : [];
  }
  // What only the command needs is bundled into it.
  return command.includes(layer) ? [] : [`${sentence}: the package has no dependencies`];
}

function relative(file: string, specifier: string, files: Files): string[] {
  const target = resolve(file, specifier);
  const sentence = `${file} imports ${target}`;
  if (!files.has(target)) return [`${sentence}: there is no such file`];
  const [from, to] = [place(file), place(target)];
  if (from.unit === to.unit) return [];
  if (doors.includes(to.unit)) return [`${sentence}: that is for users; import what it names`];
  if (from.layer === to.layer) {
    // The file in front of a layer sees all of it.
    const front = from.unit === from.layer || doors.includes(from.unit);
    const allowed = front || builtOn[from.unit] === to.unit;
    return allowed ? [] : [`${sentence}: ${from.unit} may not import ${to.unit}`];
  }
  if (level(to.layer) >= level(from.layer)) {
    return [`${sentence}: ${from.layer} may not import ${to.layer}`];
  }
  const hidden = to.inside && !command.includes(from.layer);
  return hidden ? [`${sentence}: that lies behind the front of ${to.unit}`] : [];
}

function level(layer: string): number {
  return floors.findIndex((floor) => floor.includes(layer));
}

/**
 * The layer of a file; its unit, a front file with its folder; and whether it is behind the front.
 */
function place(file: string): { layer: string; unit: string; inside: boolean } {
  const path = file
    .replace(/^src\/|\.ts$/g, '')
    .split('/')
    .filter(Boolean);
  const top = path[0] ?? '';
  if (path.length === 1 && doors.includes(top)) return { layer: 'core', unit: top, inside: false };
  if (level(top) < 0) return { layer: '', unit: top, inside: false };
  if (!sideBySide.includes(top)) {
    return { layer: top, unit: top, inside: path.length > 1 && !open.includes(top) };
  }
  return { layer: top, unit: path.slice(0, 2).join('/'), inside: path.length > 2 };
}

/**
 * The files that import each other in circles, types included: one line for each circle's files.
 */
export function circles(files: Files): string[] {
  const graph = new Map(
    [...files].map(([file, text]) => [
      file,
      imports(text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => resolve(file, specifier))
        .filter((target) => files.has(target)),
    ]),
  );
  const reaches = (from: string): Set<string> => {
    const seen = new Set<string>();
    const next = [...(graph.get(from) ?? [])];
    for (let file = next.pop(); file !== undefined; file = next.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      next.push(...(graph.get(file) ?? []));
    }
    return seen;
  };
  const reached = new Map([...graph.keys()].map((file) => [file, reaches(file)]));
  const circular = [...graph.keys()].filter((file) => reached.get(file)?.has(file));
  const groups = circular.map((file) =>
    circular.filter((other) => reached.get(file)?.has(other) && reached.get(other)?.has(file)),
  );
  return [...new Set(groups.map((group) => group.join(' ⇄ ')))];
}

function resolve(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}

/**
 * What a source imports, statically or not. Comments and other strings do not count, nor, with
 * `types: false`, what is imported as types only.
 */
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
