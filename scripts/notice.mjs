/** The licences of the packages whose code is bundled into the command. */
import { readdirSync, readFileSync } from 'node:fs';

/** @param {readonly string[]} modules the files that went into the bundle */
export function notice(modules) {
  const folders = modules.map((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const parts = [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .toSorted()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      if (!file) throw new Error(`${name} is bundled and has no file with its licence`);
      const text = readFileSync(`${folder}/${file}`, 'utf8').trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    });
  return ['The command gatecall (dist/command) contains these packages.\n', ...parts].join(
    `\n${'-'.repeat(80)}\n\n`,
  );
}
