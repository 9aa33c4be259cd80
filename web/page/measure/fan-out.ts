import type { Profile } from '../../../solver/documents/profile.ts';
import { mean } from '../../../solver/math/statistics.ts';
import { number, plural } from '../../components/format.ts';

/**
 * The mean number of items per request that a stage gets, to a tenth, such as `1 item`. If the mean depends on the variants of
 * earlier stages, the text is a range, such as `2.5–3 items`. Null if the profile has no fan-out of the stage.
 */
export function fanOutText({ fanOut }: Pick<Profile, 'fanOut'>, stage: string): string | null {
  const means = fanOut
    .filter((entry) => entry.stage === stage)
    .map(({ counts }) => Math.round(10 * mean(counts)) / 10);
  if (means.length === 0) return null;
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return low === high ? plural(low, 'item') : `${number(low)}–${number(high)} items`;
}
