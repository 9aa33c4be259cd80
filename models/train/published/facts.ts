import type { Published } from '../../../solver/documents/published.ts';
import type { Row } from './rules.ts';

type Variant = Published['stages'][number]['variants'][number];

export const variants = (
  source: string,
  ...values: readonly [name: string, accuracy: number, baseCores: number, parametersMillion: number][]
): Variant[] =>
  values.map(([name, accuracy, baseCores, parametersMillion]) => ({
    name,
    accuracy,
    source,
    baseCores,
    parametersMillion,
  }));

export const rows = (
  source: string,
  loadPerS: number,
  ...values: readonly [
    variant: string,
    cores: number,
    batch: number,
    meanMs: number | undefined,
    p99Ms: number | undefined,
    throughputPerS: number,
  ][]
): Row[] =>
  values.map(([variant, cores, batch, meanMs, p99Ms, throughputPerS]) => ({
    source,
    loadPerS,
    variant,
    cores,
    batch,
    meanMs,
    p99Ms,
    throughputPerS,
  }));

/** The measured mean of one item. */
export const oneItemOf = (from: readonly Row[], variant: string, cores: number): number =>
  from.find((row) => row.variant === variant && row.cores === cores && row.batch === 1)!.meanMs!;

export const notebooks = (series: string, what: string): string =>
  `profiling series ${series} (${what}) of IPA's authors: outputs of notebooks in the git history of github.com/saeid93/sponge`;

/** Sources of every pipeline. */
export const SOURCES = {
  paper:
    'Ghafouri et al., IPA, JSys 2024, arXiv 2308.12871; tables as in the submission of July 2023: base cores, parameters, SLAs (table 6)',
  code: 'github.com/reconfigurable-ml-pipeline/ipa at e1f08dd: accuracies, weights, pinned variants, replicas of RIM',
};

export const CLUSTER = {
  platform:
    '6 Chameleon compute_cascadelake_r_ib machines, 96 cores of Xeon Gold 6240R each; MLServer on Kubernetes',
  cores: 576,
};
