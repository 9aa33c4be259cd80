import type { AdaptationRun, Comparison } from '../../../solver/documents/adaptation-report.ts';
import { type SeriesStyle, styleOf } from '../../charts/series.ts';

/** Systems in a fixed order, so that each has the same colour in every chart. */
const KNOWN = ['ours', 'ipa', 'fa2-high', 'fa2-low', 'rim', 'oracle'];
const TITLES: Readonly<Record<string, string>> = {
  ipa: 'IPA',
  'fa2-high': 'FA2-high',
  'fa2-low': 'FA2-low',
  rim: 'RIM',
};

/** The systems with which the report compares ipa-edge one by one. */
export const COMPARED = ['ipa', 'ipa-options', 'fa2-high'] as const;

/** The published system whose planning a system has. A system `…-options` has the options of ipa-edge in addition. */
const publishedOf = (system: string): string => system.replace(/-options$/, '');

/** The name of a system in charts and tables, with `-options` if it has the options of ipa-edge. */
export const titleOf = (system: string): string => {
  const published = publishedOf(system);
  return system.replace(published, TITLES[published] ?? published);
};

/** A run with its label and style for charts and tables. */
export interface NamedRun {
  readonly label: string;
  readonly style: SeriesStyle;
  readonly run: AdaptationRun;
}

/** The style of a system. A system `…-options` has the colour of its published system, but another dash and symbol. */
function systemStyle(system: string): SeriesStyle {
  const published = publishedOf(system);
  const style = styleOf(KNOWN.includes(published) ? KNOWN.indexOf(published) : KNOWN.length);
  return published === system ? style : { ...style, dash: `${style.dash} 1 3`, symbol: 'cross' };
}

const percentileText = ({ setting }: AdaptationRun): string => (setting ? `p${setting.percentile}` : '');

/** Formats a setting: percentile, minimum rate, weights and, if it is not the product, how accuracies are combined. */
export function settingText({ setting }: AdaptationRun): string {
  if (!setting) return '';
  const { percentile, minRatePerS, beta, eta, accuracy } = setting;
  const weight = (name: string, value: number) => `${name}\u00a0${Number(value.toPrecision(3))}`;
  return [
    `p${percentile}`,
    ...(minRatePerS === 0 ? [] : [`≥ ${minRatePerS}/s`]),
    weight('β', beta),
    weight('η', eta),
    ...(accuracy === 'product' ? [] : [`${accuracy} of accuracies`]),
  ].join(', ');
}

/** The runs of the rival systems, and of the oracle, which is ipa-edge with perfect knowledge of the future. */
export const othersOf = ({ rivals, oracle }: Comparison): NamedRun[] => [
  ...rivals.map((run) => ({ label: titleOf(run.system), style: systemStyle(run.system), run })),
  { label: 'oracle', style: systemStyle('oracle'), run: oracle },
];

/** The runs of ipa-edge, in one colour with different dashes. Labels are percentiles or, if these repeat, whole settings. */
export function oursOf(runs: readonly AdaptationRun[]): NamedRun[] {
  const percentiles = new Set(runs.map(({ setting }) => setting?.percentile));
  const text = percentiles.size === runs.length ? percentileText : settingText;
  return runs.map((run, i) => ({
    label: `ours ${text(run)}`,
    style: { ...systemStyle('ours'), dash: styleOf(i).dash },
    run,
  }));
}

/** All runs of a comparison, those of ipa-edge last. */
export const runsOf = (comparison: Comparison): NamedRun[] => [
  ...othersOf(comparison),
  ...oursOf(comparison.ours),
];
