import type { Published } from '../../../solver/documents/published.ts';
import { fullBatchMs, rowOf } from './rows.ts';
import { RULES } from './rules.ts';

/**
 * Derives the cells of a pipeline of the IPA paper from figures that its authors published.
 *
 * Measured values are taken to four digits. A mean that was not measured is
 *
 *     mean(cores, batch) = mean(cores, 1) · (1 + κ · (batch − 1))
 *
 * IPA fits a quadratic in the batch. This formula has no square term, because in the public rows that term is within the noise,
 * and extrapolation would enlarge the noise. Where only a mean is known, the p99 is the mean times a ratio of `RULES`.
 */

const BATCHES = [1, 2, 4, 8, 16];
const CORES = [1, 2, 4, 8];

type Cell = Published['cells'][number];

function cellOf(stage: string, variant: string, cores: number, batch: number): Cell {
  const key = { stage, variant, cores, batch };
  const rule = RULES[stage]!;
  const ratio = rule.p99Ratio(variant);
  const row = rowOf(variant, cores, batch);
  const measuredMs = row && fullBatchMs(row);
  if (row && measuredMs !== undefined) {
    const complete = row.p99Ms !== undefined && row.p99Ms >= measuredMs;
    return {
      ...key,
      meanMs: round(measuredMs),
      p99Ms: round(complete ? row.p99Ms! : measuredMs * ratio),
      basis: complete ? 'published' : 'reconstructed',
      source: row.source,
    };
  }
  const meanMs =
    batch === 1
      ? rule.oneItemMs!(variant, cores)
      : cellOf(stage, variant, cores, 1).meanMs * (1 + rule.kappa(variant, cores) * (batch - 1));
  return {
    ...key,
    meanMs: round(meanMs),
    p99Ms: round(meanMs * ratio),
    basis: 'reconstructed',
    source: `rule-${stage}`,
  };
}

const round = (ms: number): number => +ms.toPrecision(4);

/** The cells of every variant: on 1, 2, 4 and 8 cores and on the base cores of its stage's variants, for each of `BATCHES`. */
export const cellsOf = (stages: Published['stages']): Cell[] =>
  stages.flatMap(({ name, variants }) => {
    const cores = [...new Set([...CORES, ...variants.map((variant) => variant.baseCores)])];
    return variants.flatMap((variant) =>
      cores.flatMap((count) => BATCHES.map((batch) => cellOf(name, variant.name, count, batch))),
    );
  });
