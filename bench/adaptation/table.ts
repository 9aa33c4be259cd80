import type { AdaptationRun, Comparison } from '../../solver/documents/adaptation-report.ts';
import { table } from '../../workers/command/terminal.ts';
import type { Setting } from './subjects.ts';

const leastText = ({ minRatePerS }: Setting) => (minRatePerS === 0 ? '' : ` ≥ ${minRatePerS}/s`);
const settingText = (setting: Setting) =>
  `p${setting.percentile}${leastText(setting)}, β ${setting.beta}, η ${Number(setting.eta.toPrecision(2))}`;

/** Table with a line for each pipeline and load: our system beside IPA and FA2-high. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const triple = (run: AdaptationRun | undefined) =>
    run ? [run.slaAttainment.toFixed(4), run.cost.toFixed(2), run.pas.toFixed(4)] : ['–', '–', '–'];
  const named = (comparison: Comparison, name: string) =>
    comparison.rivals.find((run) => run.system === name);
  const at = ({ ours }: Comparison, i: number | null) => (i === null ? undefined : ours[i]);
  return table(
    [
      'pipeline',
      'load',
      'ipa: attained',
      'cost',
      'PAS',
      'ours: attained',
      'cost',
      'PAS',
      'asked for',
      'fa2-high: PAS',
      'cost',
      'ours: PAS',
      'cost',
      'p99: attained',
      'oracle',
    ],
    comparisons.map((c) => {
      const ipa = at(c, c.found.beatsIpa);
      const high = at(c, c.found.beatsFa2High);
      const [, highCost, highPas] = triple(named(c, 'fa2-high'));
      const [, ourCost, ourPas] = triple(high);
      const p99 = at(c, c.found.keepsP99);
      return [
        c.pipeline,
        c.workload,
        ...triple(named(c, 'ipa')),
        ...triple(ipa),
        ipa?.setting ? settingText(ipa.setting) : '–',
        highPas!,
        highCost!,
        ourPas!,
        ourCost!,
        p99 ? `${p99.slaAttainment.toFixed(4)}${leastText(p99.setting!)}` : '– MISSED',
        c.oracle.slaAttainment.toFixed(4),
      ];
    }),
  );
}
