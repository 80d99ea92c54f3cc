/** SPEC.md, from the validator's table. */
import { rules } from './rules.ts';
import type { Rule } from './rules.ts';

const INTRODUCTION = `# The contract

This is PEP 3333 (WSGI) for TypeScript, in the sentences that \`gatecall/validator\` checks. Each
line is a rule, the beginning of its error message, and a case in the tests. \`npm run spec\` writes
this file from \`src/validator/rules.ts\`; change it there.

The word after the rule's name names the side that has the duty. A middleware has the duties of
both: it is the *server* of the application that it wraps, and the *application* of its caller. A
broken rule throws a \`ServerError\` or an \`ApplicationError\`, and its \`rule\` is the name given
here. A rule with the word *warning* is reported, and thrown only with \`strict\`.
`;

/** The whole text of SPEC.md. */
export function renderSpec(): string {
  const table: readonly Rule[] = rules;
  const sections = [...new Set(table.map(({ section }) => section))];
  const parts = sections.map((section) => {
    const lines = table.filter((rule) => rule.section === section).map(renderRule);
    return `## ${section}\n\n${lines.join('\n')}\n`;
  });
  return [INTRODUCTION, ...parts].join('\n');
}

function renderRule({ id, party, severity, sentence }: Rule): string {
  const duty = severity === 'error' ? party : `${party}, *warning*`;
  return `- **${id}** (${duty}): ${sentence}.`;
}
