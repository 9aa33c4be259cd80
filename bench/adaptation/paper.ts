import type { Comparison } from '../../solver/documents/adaptation-report.ts';
import { against } from '../../solver/report/against.ts';
import type { SystemOutcome } from '../../solver/report/dial.ts';
import { table } from '../../workers/command/terminal.ts';
import paper from './paper.json' with { type: 'json' };

/** Name of IPA's own bursty trace in comparisons. */
export const PAPERS_TRACE = 'ipa-bursty';

/**
 * Measurements of IPA's authors under their bursty trace, by pipeline and system: mean cores, PAS, and the share of seconds
 * whose p99 of completed requests broke the SLA (printed outputs of their notebooks, paper-final-cul-*.ipynb, in the history of
 * github.com/saeid93/sponge); and why the simulated costs differ.
 */
const PAPER: Readonly<
  Record<string, { why: string; systems: Record<string, { cost: number; pas: number; violations: number }> }>
> = paper;

const OURS_WHY =
  'chooses cores per replica and batches up to 16, which the others do not on four of the five pipelines; no failed or slow replicas here';

/** Table of all simulated systems beside the paper's measurements; undefined if the paper's trace was not simulated. */
export function paperTable(comparisons: readonly Comparison[]): string | undefined {
  const rows = comparisons
    .filter(({ workload, pipeline }) => workload === PAPERS_TRACE && pipeline in PAPER)
    .flatMap((comparison) => {
      const { pipeline, rivals } = comparison;
      const { why, systems } = PAPER[pipeline]!;
      const measured = rivals.filter(({ system }) => system in systems);
      const rivalRows = measured.map((run) => {
        const { cost, pas, violations } = systems[run.system]!;
        return [
          pipeline,
          run.system,
          cost.toFixed(2),
          pas.toFixed(4),
          `${(100 * violations).toFixed(1)} %`,
          ...simulated(run),
          run.system === 'ipa' ? why : '',
        ];
      });
      const ours = against(comparison, 'ipa')!.atPas;
      return ours
        ? [...rivalRows, [pipeline, "ours at IPA's PAS", '–', '–', '–', ...simulated(ours), OURS_WHY]]
        : rivalRows;
    });
  if (rows.length === 0) return undefined;
  return table(
    [
      'pipeline',
      'system',
      'paper: cost',
      'PAS',
      'bad seconds',
      'here: cost',
      'PAS',
      'missed',
      'why they differ',
    ],
    rows,
  );
}

const simulated = ({ cost, pas, slaAttainment }: SystemOutcome): string[] => [
  cost.toFixed(2),
  pas.toFixed(4),
  `${(100 * (1 - slaAttainment)).toFixed(2)} %`,
];
