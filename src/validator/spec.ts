/** SPEC.md, from the validator's table. */
import { rules } from './rules.ts';
import type { Rule } from './rules.ts';

const INTRODUCTION = `# The contract

This is PEP 3333 (WSGI) as TypeScript carries it, in the sentences \`gatecall/validator\` checks. Each line is a rule, the
head of the message when it is broken, and a case in the tests. The file is written by \`npm run spec\` from
\`src/validator/rules.ts\`; change it there.

The word after the rule's name says whose duty it is. A middleware has both: it is the *server* of the application it
wraps and the *application* of whoever calls it. A broken duty throws a \`ServerError\` or an \`ApplicationError\`, whose
\`rule\` is the name given here; where the line says *warning*, the breach is reported, and thrown under \`strict\`.
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
