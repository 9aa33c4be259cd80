import type { AdaptationRun, Comparison } from '../documents/adaptation-report.ts';
import { atCost, atPas, type Outcome } from './dial.ts';

/** PAS values count as equal if they differ by at most this fraction: about one second of serving another plan. */
export const SAME_PAS = 0.001;
/** Attainments count as equal if they differ by at most this: our system uses up the SLA misses that its percentile allows. */
export const SAME_ATTAINMENT = 0.005;

export type AgainstVerdict = 'wins' | 'costs more' | 'attains less' | 'loses both' | 'PAS not reached';

/** Our system compared with another one; our values are interpolated between our runs with all weights of cost. */
export interface Against {
  readonly rival: AdaptationRun;
  /** Ours at the other's PAS; undefined if none of our runs has that PAS. */
  readonly atPas: Outcome | undefined;
  /** Our cost at the other's PAS ÷ its cost. */
  readonly costRatio: number | undefined;
  /** Ours at the other's cost; undefined if all our runs cost more. */
  readonly atCost: Outcome | undefined;
  /**
   * Our system wins if at the other's PAS our cost is no higher, and our attainment no lower than the other's or, if that is
   * lower, the required one.
   */
  readonly verdict: AgainstVerdict;
}

/** Compares our system with another one of a comparison; undefined if the comparison does not have the other one. */
export function against({ rivals, ours }: Comparison, system: string): Against | undefined {
  const rival = rivals.find((run) => run.system === system);
  if (!rival) return undefined;
  const same = atPas(ours, rival.pas * (1 - SAME_PAS));
  return {
    rival,
    atPas: same,
    costRatio: same && same.cost / rival.cost,
    atCost: atCost(ours, rival.cost),
    verdict: same ? verdict(same, rival, Math.max(...ours.map(required))) : 'PAS not reached',
  };
}

function verdict(ours: Outcome, rival: Outcome, attainment: number): AgainstVerdict {
  const short = ours.slaAttainment < Math.min(rival.slaAttainment, attainment) - SAME_ATTAINMENT;
  return ours.cost > rival.cost ? (short ? 'loses both' : 'costs more') : short ? 'attains less' : 'wins';
}

/** The attainment that a run of ours must have, by its percentile. */
export const required = ({ setting }: AdaptationRun): number => setting!.percentile / 100;

/** Whether our system attains what is required, or the oracle's attainment if that is lower, with every weight of cost. */
export const keepsSla = ({ ours, oracle }: Comparison): boolean =>
  ours.every((run) => run.slaAttainment >= Math.min(required(run), oracle.slaAttainment));
