import type { ProblemOption } from '../documents/problem.ts';
import { accuraciesUnknown, type Profile } from '../documents/profile.ts';
import type { RowOption } from './row-option.ts';

/** One way to run a stage: with one variant, or with a cascade, whose light variant comes first. */
export interface PlanOption extends RowOption {
  readonly cascade?: {
    readonly heavy: RowOption;
    readonly below: number;
    /** Expected share of the stage's items that escalate. */
    readonly share: number;
    /** Accuracy of both variants together, a lower confidence bound. */
    readonly accuracy: number;
  };
}

/** The product of the stages' accuracies; null if no variant has a known accuracy. */
export const pasOf = (profile: Pick<Profile, 'stages'>, options: readonly PlanOption[]): number | null =>
  accuraciesUnknown(profile) ? null : options.reduce((product, option) => product * stageAccuracy(option), 1);

export const stageAccuracy = ({ accuracy, cascade }: PlanOption): number => cascade?.accuracy ?? accuracy;

/** The largest utilisation of a replica. Both variants of a cascade share the GPU. @param heavy the heavy row of a cascade */
export function utilisationOf(row: RowOption, heavy?: RowOption): number {
  if (!heavy) return Math.max(row.utilisation, row.gpuShare);
  return Math.max(row.utilisation, heavy.utilisation, row.gpuShare + heavy.gpuShare);
}

/** Sums the resources of an option's rows. The planner compares thousands of options, so this makes no intermediate objects. */
export function totalsOf(row: RowOption, heavy: Used = NONE): Omit<ProblemOption, 'id' | 'accuracy'> {
  return {
    latencyMs: row.boundMs + heavy.boundMs,
    cost: row.cost + heavy.cost,
    batch: row.cell.batch + heavy.cell.batch,
    gpuShare: row.gpuShare + heavy.gpuShare,
    cores: row.cores + heavy.cores,
    busyCores: row.busyCores + heavy.busyCores,
    threadShare: row.threadShare + heavy.threadShare,
    memoryBytes: row.memoryBytes + heavy.memoryBytes,
    switchCost: row.switchCost + heavy.switchCost,
  };
}

type Used = Pick<
  RowOption,
  'boundMs' | 'cost' | 'gpuShare' | 'cores' | 'busyCores' | 'threadShare' | 'memoryBytes' | 'switchCost'
> & { readonly cell: { readonly batch: number } };

/** Stands for the heavy row of an option without a cascade. */
const NONE: Used = {
  boundMs: 0,
  cost: 0,
  cell: { batch: 0 },
  gpuShare: 0,
  cores: 0,
  busyCores: 0,
  threadShare: 0,
  memoryBytes: 0,
  switchCost: 0,
};
