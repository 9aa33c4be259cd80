import type { Profile } from '../../solver/documents/profile.ts';
import { number, plural } from './format.ts';

/**
 * The most cells that a profile lacks because its budget ended: those that it skipped for that reason, and the larger batches of
 * the same models, which it then leaves out.
 */
const lackingCells = ({ cells, settings }: Profile): number =>
  cells
    .filter((cell) => cell.state === 'skipped' && cell.reason === 'budget')
    .flatMap((skipped) => settings.batches.filter((batch) => batch >= skipped.batch)).length;

/** Says how much of a profile the budget left no time for, and the remedy; null if the time sufficed. */
export function budgetText(profile: Profile): string | null {
  const lacking = lackingCells(profile);
  if (lacking === 0) return null;
  const measured = profile.cells.filter(({ state }) => state === 'measured').length;
  return (
    `The budget of ${number(profile.settings.budgetS)} s ended after ${plural(measured, 'cell')}, ` +
    `and left out up to ${number(lacking)} with larger batches. To have those too, measure again with a larger budget.`
  );
}
