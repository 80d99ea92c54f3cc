/**
 * Parts a machine may lack: other Node versions, `sam`. `npm test` must pass without them, so a test
 * that needs one asks here. What is left out is printed; with CI=true it is an error, or a part that
 * silently stopped being installed would never be missed. GATECALL_WITHOUT=sam,node24 names the parts
 * known to be impossible on this machine.
 */
export function optional(part: string, present: boolean, howToGetIt: string): boolean {
  if (present) return true;
  const waived = (process.env.GATECALL_WITHOUT ?? '').split(',').includes(part);
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
