import type { ProblemOption } from '../documents/problem.ts';
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

/** The rows of a plan that an option makes: one, or two for a cascade. */
export const rowsOf = ({ cascade, ...light }: PlanOption): readonly RowOption[] =>
  cascade ? [light, cascade.heavy] : [light];

/** Accuracy of the stage with an option. */
export const stageAccuracy = ({ accuracy, cascade }: PlanOption): number => cascade?.accuracy ?? accuracy;

/** The largest utilisation of a replica. The variants of a cascade on a GPU share it. */
export function utilisationOf(option: PlanOption): number {
  const rows = rowsOf(option);
  const busiest = Math.max(...rows.map(({ utilisation }) => utilisation));
  return Math.max(
    busiest,
    rows.reduce((sum, { gpuShare }) => sum + gpuShare, 0),
  );
}

/** What an option uses and gives, over all its rows. */
export function totalsOf(option: PlanOption): Omit<ProblemOption, 'id'> {
  const rows = rowsOf(option);
  const total = (of: (row: RowOption) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  return {
    latencyMs: total((row) => row.boundMs),
    accuracy: stageAccuracy(option),
    cost: total((row) => row.cost),
    batch: total((row) => row.cell.batch),
    gpuShare: total((row) => row.gpuShare),
    cores: total((row) => row.cores),
    busyCores: total((row) => row.busyCores),
    threadShare: total((row) => row.threadShare),
    memoryBytes: total((row) => row.memoryBytes),
    switchCost: total((row) => row.switchCost),
  };
}
