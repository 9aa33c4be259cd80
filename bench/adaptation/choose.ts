import type { Comparison } from '../../solver/documents/adaptation-report.ts';
import { mean } from '../../solver/math/statistics.ts';
import { against } from '../../solver/report/against.ts';
import { table } from '../../workers/command/terminal.ts';
import { FROZEN, type Frozen, type FrozenSetting } from './frozen.ts';

/** The settings to choose from. */
export const TRIED: readonly FrozenSetting[] = [
  { percentile: 99, switchShare: 0.02 },
  { percentile: 99.5, switchShare: 0.02 },
];

interface Tried {
  readonly setting: FrozenSetting;
  /** The comparisons on the training loads with this setting. */
  readonly comparisons: readonly Comparison[];
}

/** Drop in attainment that counts as much as a cost e times as high; one percentage point counts like a fifth more cost. */
const LOSS = 0.05;

/**
 * The loss of a setting: the mean over the comparisons of ln(our cost ÷ IPA's) + (IPA's attainment − ours, if ours is lower) ÷
 * {@link LOSS}, with our system at IPA's PAS. A load on which our system does not reach IPA's PAS counts as twice the cost.
 */
export const lossOf = ({ comparisons }: Pick<Tried, 'comparisons'>): number =>
  mean(
    comparisons.map((comparison) => {
      const { rival, atPas } = against(comparison, 'ipa')!;
      if (!atPas) return Math.log(2);
      return Math.log(atPas.costRatio) + Math.max(0, rival.slaAttainment - atPas.slaAttainment) / LOSS;
    }),
  );

/** Freezes the setting with the smallest loss. */
export function chosenFrom(tried: readonly Tried[], at: Date): Frozen {
  const { setting, comparisons } = tried.reduce((a, b) => (lossOf(b) < lossOf(a) ? b : a));
  const distinct = (of: (comparison: Comparison) => string) => [...new Set(comparisons.map(of))].join(', ');
  return {
    ...FROZEN,
    ...setting,
    chosen:
      `p${setting.percentile} and switches at ${setting.switchShare}: chosen on ${at.toISOString().slice(0, 10)} by ` +
      `npm run bench:adaptation -- --choose, of ${tried.length} settings, on ${distinct(({ workload }) => workload)} of ` +
      distinct(({ pipeline }) => pipeline),
  };
}

export const choiceTable = (tried: readonly Tried[]): string =>
  table(
    ['percentile', 'switch share', 'loss'],
    tried.map((one) => [
      `p${one.setting.percentile}`,
      String(one.setting.switchShare),
      lossOf(one).toFixed(4),
    ]),
  );
