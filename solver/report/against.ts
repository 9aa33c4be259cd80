import type { AdaptationRun, Comparison } from '../documents/adaptation-report.ts';
import { requiredAttainment } from '../documents/plan.ts';
import { atCost, atPas, type SystemOutcome } from './dial.ts';

/**
 * PAS values count as equal if they differ by at most this fraction. About one second with another plan changes a PAS by as much.
 */
export const SAME_PAS = 0.001;
/**
 * Attainments count as equal if they differ by at most this, because our system uses up the misses that its percentile allows.
 */
export const SAME_ATTAINMENT = 0.005;

type AgainstVerdict = 'wins' | 'costs more' | 'attains less' | 'loses both' | 'PAS not reached';

/** Our outcome at a rival's PAS. */
interface AtPas extends SystemOutcome {
  /** Our cost ÷ the rival's cost. */
  readonly costRatio: number;
}

/** The comparison of our system with a rival. Our values are interpolated between our runs with several weights of cost. */
interface Against {
  readonly rival: AdaptationRun;
  /** Our outcome at the rival's PAS; undefined if none of our runs has so high a PAS. */
  readonly atPas: AtPas | undefined;
  /**
   * The same when our system is asked for the rival's attainment, which is below the percentile. Undefined if the comparison has
   * no such runs, too.
   */
  readonly matched: AtPas | undefined;
  /** Our outcome at the rival's cost; undefined if all our runs cost more. */
  readonly atCost: SystemOutcome | undefined;
  /**
   * Our system wins if, at the rival's PAS, it costs no more and attains at least as much as the rival or, if that is less, as
   * the percentile requires.
   */
  readonly verdict: AgainstVerdict;
}

/** Compares our system with a rival; undefined if the comparison does not have the rival. */
export function against({ rivals, ours, matched }: Comparison, system: string): Against | undefined {
  const rival = rivals.find((run) => run.system === system);
  if (!rival) return undefined;
  const same = atPasOf(rival, ours);
  return {
    rival,
    atPas: same,
    matched: atPasOf(rival, matched?.find((one) => one.rival === system)?.ours ?? []),
    atCost: atCost(ours, rival.cost),
    verdict: same ? verdict(same, rival, Math.max(...ours.map(required))) : 'PAS not reached',
  };
}

function atPasOf(rival: AdaptationRun, ours: readonly AdaptationRun[]): AtPas | undefined {
  const same = atPas(ours, rival.pas * (1 - SAME_PAS));
  return same && { ...same, costRatio: same.cost / rival.cost };
}

function verdict(ours: SystemOutcome, rival: SystemOutcome, attainment: number): AgainstVerdict {
  const short = ours.slaAttainment < Math.min(rival.slaAttainment, attainment) - SAME_ATTAINMENT;
  if (ours.cost > rival.cost) return short ? 'loses both' : 'costs more';
  return short ? 'attains less' : 'wins';
}

/** The attainment that a run of ours must have, by its percentile. */
export const required = ({ setting }: AdaptationRun): number => requiredAttainment(setting!.percentile);

/**
 * Whether our system, with every weight of cost, attains what its percentile requires or, if that is less, what the oracle
 * attains.
 */
export const keepsSla = ({ ours, oracle }: Comparison): boolean =>
  ours.every((run) => run.slaAttainment >= Math.min(required(run), oracle.slaAttainment));
