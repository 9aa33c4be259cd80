import { readFileSync } from 'node:fs';

/** A row of a public profile: 60 s of a constant load on one replica. Fields that the authors did not publish are undefined. */
interface Row {
  readonly source: string;
  readonly loadPerS: number;
  readonly variant: string;
  readonly cores: number;
  readonly batch: number;
  readonly meanMs: number | undefined;
  readonly p99Ms: number | undefined;
  readonly throughputPerS: number;
}

/** Rows of the public profiles in github.com/saeid93/sponge. Series have the names that the manifests' `sources` give them. */
export const ROWS: readonly Row[] = readFileSync(new URL('rows.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [source, loadPerS, variant, cores, batch, meanMs, p99Ms, throughputPerS] = line.split(',');
    return {
      source: source!,
      loadPerS: Number(loadPerS),
      variant: variant!,
      cores: Number(cores),
      batch: Number(batch),
      meanMs: meanMs ? Number(meanMs) : undefined,
      p99Ms: p99Ms ? Number(p99Ms) : undefined,
      throughputPerS: Number(throughputPerS),
    };
  });

export const rowOf = (variant: string, cores: number, batch: number): Row | undefined =>
  ROWS.find((row) => row.variant === variant && row.cores === cores && row.batch === batch);

/** Measured mean time of one item, in ms. */
export const oneItemMs = (variant: string, cores: number): number => rowOf(variant, cores, 1)!.meanMs!;

/** Time after which the authors' system runs a batch that is not full, in seconds. */
const BATCHING_S = 1;

/**
 * The mean time of a full batch, in ms; undefined if the row does not determine it. A replica that did not keep up with the load
 * always had a full batch waiting, so the time of its batch is batch / throughput. The published mean of such a replica is right
 * only for batch 1, because with larger batches the mean includes batches that were not full. A replica that kept up ran full
 * batches only if they filled before the time-out.
 */
export function fullBatchMs({ batch, loadPerS, meanMs, throughputPerS }: Row): number | undefined {
  const saturated = throughputPerS < 0.95 * loadPerS;
  if (saturated) return batch === 1 && meanMs !== undefined ? meanMs : (1000 * batch) / throughputPerS;
  return batch <= loadPerS * BATCHING_S ? meanMs : undefined;
}
