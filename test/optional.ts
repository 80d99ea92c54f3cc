/**
 * Parts a machine may lack: other Node versions, `sam`. `npm test` must pass without them, so a
 * test that needs one asks here. What is left out is printed; with CI=true it is an error, or a
 * part that silently stopped being installed would never be missed. GATECALL_WITHOUT=sam,node24
 * names parts to do without, because they are impossible on this machine, or to see how a machine
 * without them fares.
 */
export function optional(part: string, present: boolean, howToGetIt: string): boolean {
  const waived = (process.env.GATECALL_WITHOUT ?? '').split(',').includes(part);
  if (present && !waived) return true;
  if (isSet(process.env.CI) && !waived) {
    throw new Error(
      `${part} is missing and CI is set: ${howToGetIt}, or name it in GATECALL_WITHOUT`,
    );
  }
  console.warn(`left out: tests that need ${part} (to have them: ${howToGetIt})`);
  return false;
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '' && variable !== 'false';
}
