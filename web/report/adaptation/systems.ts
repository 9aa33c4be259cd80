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

/** The systems with which the report compares ours one by one. */
export const COMPARED = ['ipa', 'ipa-options', 'fa2-high'] as const;

/** The published system whose planning a system has, perhaps with the options of ours. */
const publishedOf = (system: string): string => system.replace(/-options$/, '');

/** The name of a system in charts and tables; a system with the options of ours keeps `-options`. */
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

/** A system with the options of ours has the colour of the published one, with a dash and a symbol of its own. */
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

/** The runs of the rival systems, and of the oracle, which is our system with perfect knowledge of the future. */
export const othersOf = ({ rivals, oracle }: Comparison): NamedRun[] => [
  ...rivals.map((run) => ({ label: titleOf(run.system), style: systemStyle(run.system), run })),
  { label: 'oracle', style: systemStyle('oracle'), run: oracle },
];

/** Our runs, in one colour with different dashes. Labels are the percentiles or, if these repeat, the whole settings. */
export function oursOf(runs: readonly AdaptationRun[]): NamedRun[] {
  const percentiles = new Set(runs.map(({ setting }) => setting?.percentile));
  const text = percentiles.size === runs.length ? percentileText : settingText;
  return runs.map((run, i) => ({
    label: `ours ${text(run)}`,
    style: { ...systemStyle('ours'), dash: styleOf(i).dash },
    run,
  }));
}

export const rivalOf = ({ rivals }: Comparison, system: string): AdaptationRun | undefined =>
  rivals.find((run) => run.system === system);
