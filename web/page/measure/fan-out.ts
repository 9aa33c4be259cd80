import type { Profile } from '../../../solver/documents/profile.ts';
import { mean } from '../../../solver/math/statistics.ts';

/** The least and the most mean items per request that a stage got, over the choices of variants before it; null: not measured. */
export function fanOutRange({ fanOut }: Profile, stage: string): [low: number, high: number] | null {
  const means = fanOut.filter((entry) => entry.stage === stage).map(({ counts }) => mean(counts));
  return means.length > 0 ? [Math.min(...means), Math.max(...means)] : null;
}
