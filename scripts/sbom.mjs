/** Prints what the package consists of, as CycloneDX: npm run sbom. It needs no network. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const here = (path) => new URL(path, import.meta.url);
const { name, version } = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const options = { cwd: here('..'), encoding: 'utf8', maxBuffer: 2 ** 26 };
const bom = JSON.parse(execFileSync('npm', args, options));

// npm knows the packages that the build needs. Those whose code is in the command stand in NOTICE.
const notice = readFileSync(here('../NOTICE'), 'utf8');
const bundled = [...notice.matchAll(/^(\S+) (\d\S*) \(.+\)$/gm)].map(([, of, at]) => `${of}@${at}`);
const root = bom.metadata.component['bom-ref'];
// npm names it after the folder.
bom.metadata.component.name = name;
bom.metadata.component.purl = `pkg:npm/${name}@${version}`;
bom.components = bom.components
  .filter((part) => bundled.includes(part['bom-ref']))
  .map(({ properties: _, ...part }) => ({ ...part, scope: 'required' }));
bom.dependencies = [
  { ref: root, dependsOn: bundled },
  ...bundled.map((ref) => ({ ref, dependsOn: [] })),
];
if (bom.components.length !== bundled.length) throw new Error(`NOTICE has ${bundled.join(', ')}`);
process.stdout.write(`${JSON.stringify(bom, undefined, 2)}\n`);
