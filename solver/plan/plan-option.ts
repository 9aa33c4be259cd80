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

/** The product of the stages' accuracies; null where none is known. */
export const pasOf = (profile: Pick<Profile, 'stages'>, options: readonly PlanOption[]): number | null =>
  accuraciesUnknown(profile) ? null : options.reduce((product, option) => product * stageAccuracy(option), 1);

/** Accuracy of the stage with an option. */
export const stageAccuracy = ({ accuracy, cascade }: PlanOption): number => cascade?.accuracy ?? accuracy;

/** The largest utilisation of a replica. The variants of a cascade on a GPU share it. */
export function utilisationOf(option: PlanOption): number {
  const heavy = option.cascade?.heavy;
  if (!heavy) return Math.max(option.utilisation, option.gpuShare);
  return Math.max(option.utilisation, heavy.utilisation, option.gpuShare + heavy.gpuShare);
}

/** What an option uses and gives, over all its rows. Plans have thousands of options, so nothing else is made on the way. */
export function totalsOf(option: PlanOption): Omit<ProblemOption, 'id'> {
  const { cascade } = option;
  const heavy = cascade?.heavy ?? NONE;
  return {
    latencyMs: option.boundMs + heavy.boundMs,
    accuracy: stageAccuracy(option),
    cost: option.cost + heavy.cost,
    batch: option.cell.batch + heavy.cell.batch,
    gpuShare: option.gpuShare + heavy.gpuShare,
    cores: option.cores + heavy.cores,
    busyCores: option.busyCores + heavy.busyCores,
    threadShare: option.threadShare + heavy.threadShare,
    memoryBytes: option.memoryBytes + heavy.memoryBytes,
    switchCost: option.switchCost + heavy.switchCost,
  };
}

/** The heavy row of an option that has none. */
const NONE = {
  boundMs: 0,
  cost: 0,
  cell: { batch: 0 },
  gpuShare: 0,
  cores: 0,
  busyCores: 0,
  threadShare: 0,
  memoryBytes: 0,
  switchCost: 0,
} as const;
