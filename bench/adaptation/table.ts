import type { Comparison } from '../../solver/documents/adaptation-report.ts';
import { median } from '../../solver/math/statistics.ts';
import { against, required } from '../../solver/report/against.ts';
import { table as printed } from '../../workers/command/terminal.ts';

const RIVALS = ['ipa', 'ipa-options', 'fa2-high', 'fa2-high-options', 'rim', 'rim-options'] as const;

const figure = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '–';

/**
 * Table with a line for each pipeline, load and rival: cost at the rival's PAS, PAS at its cost, and attainments. The last two
 * columns are of our system when asked for no more than the rival attains, if that is less than the percentile.
 */
export const table = (comparisons: readonly Comparison[]): string =>
  printed(
    [
      'pipeline',
      'load',
      'system',
      'attained',
      'cost',
      'PAS',
      'ours at its PAS: cost ×',
      'attained',
      'ours at its cost: PAS',
      'attained',
      'by',
      'asked for its attainment, at its PAS: cost ×',
      'attained',
    ],
    comparisons.flatMap((comparison) =>
      RIVALS.map((system) => {
        const { rival, atPas, matched, atCost, verdict } = against(comparison, system)!;
        return [
          comparison.pipeline,
          comparison.workload,
          system,
          rival.slaAttainment.toFixed(4),
          rival.cost.toFixed(2),
          rival.pas.toFixed(4),
          figure(atPas?.costRatio, 3),
          figure(atPas?.slaAttainment, 4),
          figure(atCost?.pas, 4),
          figure(atCost?.slaAttainment, 4),
          verdict,
          figure(matched?.costRatio, 3),
          figure(matched?.slaAttainment, 4),
        ];
      }),
    ),
  );

/** Our attainment − the required one, with each weight of cost. */
const overRequired = ({ ours }: Comparison): number[] => ours.map((run) => run.slaAttainment - required(run));

/** Whether our system attains the required share with the oracle as predictor. If not, misses are no fault of the forecast. */
const oracleAttains = ({ oracle }: Comparison): boolean => oracle.slaAttainment >= required(oracle);

/** Table with a line for each pipeline and rival, over the loads on which no setting was chosen. */
export function summaryTable(comparisons: readonly Comparison[]): string {
  const unseen = comparisons.filter(({ training }) => !training);
  const lines = [...new Set(unseen.map(({ pipeline }) => pipeline)), undefined].flatMap((pipeline) =>
    RIVALS.map((system) => {
      const on = unseen.filter((one) => pipeline === undefined || one.pipeline === pipeline);
      const all = on.map((one) => against(one, system)!);
      const ratios = all.flatMap(({ atPas }) => atPas?.costRatio ?? []);
      const wins = all.filter(({ verdict }) => verdict === 'wins').length;
      const over = on.flatMap(overRequired);
      const overWhereKept = on.filter(oracleAttains).flatMap(overRequired);
      return [
        pipeline ?? 'all',
        system,
        `${wins} of ${on.length}`,
        ratios.length > 0 ? `${median(ratios).toFixed(2)}` : '–',
        ratios.length > 0 ? `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}` : '–',
        `${(100 * median(over)).toFixed(2)}`,
        overWhereKept.length > 0 ? `${(100 * Math.min(...overWhereKept)).toFixed(2)}` : '–',
      ];
    }),
  );
  return printed(
    [
      'pipeline',
      'system',
      'ours wins',
      'cost ×: median',
      'range',
      'attained − required, points: median',
      'least where the oracle attains it',
    ],
    lines,
  );
}
