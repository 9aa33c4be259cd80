import type { Profile } from '../../../solver/documents/profile.ts';
import { mean } from '../../../solver/math/statistics.ts';

/** Range of the mean number of items per request that a stage gets, over all earlier variants; null if not measured. */
export function fanOutRange({ fanOut }: Profile, stage: string): [low: number, high: number] | null {
  const means = fanOut.filter((entry) => entry.stage === stage).map(({ counts }) => mean(counts));
  return means.length > 0 ? [Math.min(...means), Math.max(...means)] : null;
}
