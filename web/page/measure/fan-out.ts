import type { Profile } from '../../../solver/documents/profile.ts';
import { mean } from '../../../solver/math/statistics.ts';
import { number, plural } from '../../components/format.ts';

/**
 * The mean number of items per request that a stage gets, to a tenth, over all earlier variants: `1 item`, `2.5–3 items`; null if
 * not measured.
 */
export function fanOutText({ fanOut }: Pick<Profile, 'fanOut'>, stage: string): string | null {
  const means = fanOut
    .filter((entry) => entry.stage === stage)
    .map(({ counts }) => Math.round(10 * mean(counts)) / 10);
  if (means.length === 0) return null;
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return low === high ? plural(low, 'item') : `${number(low)}–${number(high)} items`;
}
