import { join } from 'node:path';
import { writeJson } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import frozen from './frozen.json' with { type: 'json' };

/** The settings with which our system plans for every pipeline and load; only the weight of cost varies. */
export interface FrozenSetting {
  readonly percentile: number;
  /** Weight of a switch, as a share of the PAS of FA2-high's variants. A higher weight causes fewer switches. */
  readonly switchShare: number;
}

/** The settings of a comparison: the setting that was chosen on training loads, and the weights of cost. */
export interface Frozen extends FrozenSetting {
  /** When and on what the setting was chosen, and by which command. */
  readonly chosen: string;
  /**
   * Weights of cost β: our system runs with each, so that its cost can be read off at another system's PAS. Their unit is the PAS
   * per core of FA2-high's variants, because pipelines differ in PAS and in cores. Each weight is about three times the one
   * before, from one that hardly counts to one that outweighs the PAS, so that none is fitted to a load. One more weight, 0.0026,
   * fills the widest gap on the training loads: without it, no run of `ipa-audio-qa` on `fluctuating-1` has 12 to 29 cores.
   */
  readonly betaShares: readonly number[];
}

export const FROZEN: Frozen = frozen;

export const writeFrozen = (next: Frozen): Promise<void> =>
  writeJson(join(ROOT, 'bench/adaptation/frozen.json'), next);
