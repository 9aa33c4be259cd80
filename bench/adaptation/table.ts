import type { AdaptationRun, Comparison } from '../../solver/documents/adaptation-report.ts';
import { median } from '../../solver/math/statistics.ts';
import { table as printed } from '../../workers/command/terminal.ts';
import { atCost, atPas } from './dial.ts';
import { PAPERS_TRACE } from './paper.ts';

/** PAS values count as equal if they differ by at most this fraction: about one second of serving another plan. */
const SAME_PAS = 0.001;

/** Our system compared with another one; our values are interpolated between our runs with all weights of cost. */
export interface Against {
  readonly rival: AdaptationRun;
  /** Our cost at the other's PAS ÷ its cost; undefined if none of our runs has that PAS. */
  readonly costRatio: number | undefined;
  /** Our attainment at the other's PAS. */
  readonly attainment: number | undefined;
  /** Our PAS at the other's cost; undefined if all our runs cost more. */
  readonly pas: number | undefined;
}

export function against({ rivals, ours }: Comparison, system: string): Against {
  const rival = rivals.find((run) => run.system === system)!;
  const same = atPas(ours, rival.pas * (1 - SAME_PAS));
  return {
    rival,
    costRatio: same && same.cost / rival.cost,
    attainment: same?.slaAttainment,
    pas: atCost(ours, rival.cost)?.pas,
  };
}

const RIVALS = ['ipa', 'ipa-options', 'fa2-high', 'fa2-high-options', 'rim', 'rim-options'] as const;

const figure = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '–';

/** Table with a line for each pipeline, load and rival: cost at the rival's PAS, PAS at its cost, and attainments. */
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
      'by',
    ],
    comparisons.flatMap((comparison) =>
      RIVALS.map((system) => {
        const { rival, costRatio, attainment, pas } = against(comparison, system);
        return [
          comparison.pipeline,
          comparison.workload,
          system,
          rival.slaAttainment.toFixed(4),
          rival.cost.toFixed(2),
          rival.pas.toFixed(4),
          figure(costRatio, 3),
          figure(attainment, 4),
          figure(pas, 4),
          verdict(comparison, system),
        ];
      }),
    ),
  );

/** Attainments count as equal if they differ by at most this: our system uses up the SLA misses that its percentile allows. */
const SAME_ATTAINMENT = 0.005;

/**
 * Says whether our system wins. At the other's PAS, our cost must be no higher, and our attainment no lower than the other's or,
 * if that is lower, the attainment asked for.
 */
function verdict(comparison: Comparison, system: string): string {
  const { rival, costRatio, attainment } = against(comparison, system);
  if (costRatio === undefined) return 'PAS not reached';
  const asked = comparison.ours[0]!.setting!.percentile / 100;
  const short = attainment! < Math.min(rival.slaAttainment, asked) - SAME_ATTAINMENT;
  return costRatio > 1 ? (short ? 'loses both' : 'costs more') : short ? 'attains less' : 'wins';
}

/** Table with a line for each pipeline and rival, over the loads on which no setting was chosen. */
export function summaryTable(comparisons: readonly Comparison[]): string {
  const unseen = comparisons.filter(({ workload }) => workload !== PAPERS_TRACE);
  const lines = [...new Set(unseen.map(({ pipeline }) => pipeline)), undefined].flatMap((pipeline) =>
    RIVALS.map((system) => {
      const on = unseen.filter((one) => pipeline === undefined || one.pipeline === pipeline);
      const ratios = on.flatMap((one) => against(one, system).costRatio ?? []);
      const wins = on.filter((one) => verdict(one, system) === 'wins').length;
      const over = on.flatMap(({ ours }) =>
        ours.map((run) => run.slaAttainment - run.setting!.percentile / 100),
      );
      return [
        pipeline ?? 'all',
        system,
        `${wins} of ${on.length}`,
        ratios.length > 0 ? `${median(ratios).toFixed(2)}` : '–',
        ratios.length > 0 ? `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}` : '–',
        `${(100 * median(over)).toFixed(2)}`,
        `${(100 * Math.min(...over)).toFixed(2)}`,
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
      'attained − asked, points: median',
      'least',
    ],
    lines,
  );
}
