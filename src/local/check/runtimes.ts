/** Finds runtimes past their end of life. */
import type { CheckContext } from './context.ts';
import { placeOf } from './context.ts';

/**
 * The last day with security patches.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as of November 2026; days to
 * come are AWS's plan.
 */
const END_OF_LIFE: Readonly<Record<string, string>> = {
  nodejs: '2016-10-31',
  'nodejs4.3': '2020-03-05',
  'nodejs6.10': '2019-08-12',
  'nodejs8.10': '2020-03-06',
  'nodejs10.x': '2021-07-30',
  'nodejs12.x': '2023-03-31',
  'nodejs14.x': '2023-12-04',
  'nodejs16.x': '2024-06-12',
  'nodejs18.x': '2025-09-01',
  'nodejs20.x': '2026-04-30',
  'nodejs22.x': '2027-04-30',
  'nodejs24.x': '2028-04-30',
  'python2.7': '2021-07-15',
  'python3.6': '2022-07-18',
  'python3.7': '2023-12-04',
  'python3.8': '2024-10-14',
  'python3.9': '2025-12-15',
  'python3.10': '2026-10-31',
  'python3.11': '2027-06-30',
  'python3.12': '2028-10-31',
  'python3.13': '2029-06-30',
  'python3.14': '2029-06-30',
  java8: '2024-01-08',
  'java8.al2': '2027-06-30',
  java11: '2027-06-30',
  java17: '2027-06-30',
  java21: '2029-06-30',
  java25: '2029-06-30',
  'dotnetcore2.1': '2022-01-05',
  'dotnetcore3.1': '2023-04-03',
  dotnet6: '2024-12-20',
  dotnet8: '2026-11-10',
  dotnet10: '2028-11-14',
  'ruby2.5': '2021-07-30',
  'ruby2.7': '2023-12-07',
  'ruby3.2': '2026-03-31',
  'ruby3.3': '2027-03-31',
  'ruby3.4': '2028-03-31',
  'go1.x': '2024-01-08',
  provided: '2024-01-08',
  'provided.al2': '2026-07-31',
  'provided.al2023': '2029-06-30',
};
const NEWEST_NODE = 'nodejs24.x';
/** AWS notifies account owners as early. */
const WARNING_DAYS = 180;
const DAY_MS = 24 * 60 * 60 * 1000;

export function checkRuntimes({ project, notes, today }: CheckContext): void {
  for (const definition of project.functions) {
    const { id, runtime } = definition;
    const about = { place: placeOf(definition, 'Runtime'), resource: id };
    const isNode = runtime.startsWith('nodejs');
    const end = Object.hasOwn(END_OF_LIFE, runtime) ? END_OF_LIFE[runtime] : undefined;
    if (end === undefined) {
      if (isNode) {
        const message = `${runtime} of ${id} is no runtime that was known in November 2026`;
        notes.warning('runtime', message, { ...about, fix: `Runtime: ${NEWEST_NODE}` });
      }
      continue;
    }
    const days = (Date.parse(end) - today.getTime()) / DAY_MS;
    const fix = isNode && runtime !== NEWEST_NODE ? { fix: `Runtime: ${NEWEST_NODE}` } : {};
    if (days < -1) {
      const message = `${runtime} of ${id} is past its end of life, ${end}: no patches, and AWS refuses new functions`;
      notes.error('runtime', message, { ...about, ...fix });
    } else if (days < WARNING_DAYS) {
      notes.warning('runtime', `${runtime} of ${id} ends on ${end}`, { ...about, ...fix });
    }
  }
}
