import type { Published } from '../../../solver/documents/published.ts';

/**
 * Derives the manifests of the paper's pipelines from what its authors published.
 *
 * Measured values are taken unchanged. A mean that was not measured is
 *
 *     mean(cores, batch) = mean(cores, 1) · (1 + κ · (batch − 1))
 *
 * IPA fits a quadratic in the batch. In the public rows the square term is within the noise, and extrapolating it would
 * enlarge the noise, so it is left out. Where only a mean is known, the p99 is the mean times a ratio seen in complete rows.
 */

const BATCHES = [1, 2, 4, 8, 16];
const CORES = [1, 2, 4, 8];

/** The authors' batching time-out, in seconds. */
const BATCHING_S = 1;

/** A row of a public profile: 60 s of a constant load on one replica. */
export interface Row {
  readonly variant: string;
  readonly cores: number;
  readonly batch: number;
  readonly loadPerS: number;
  readonly meanMs?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly throughputPerS: number;
  readonly source: string;
}

export interface StageFacts extends Omit<Published['stages'][number], 'variants'> {
  readonly variants: Published['stages'][number]['variants'];
  readonly rows: readonly Row[];
  /** Mean time of one item, for cores without a row; absent where rows cover all cores. */
  oneItemMs?(variant: string, cores: number): number;
  /** Growth of the time per further item of a batch. */
  kappa(variant: string, cores: number): number;
  /** p99 / mean, for rows without a p99. */
  p99Ratio(variant: string): number;
  /** Key of the source that explains these three figures. */
  readonly rule: string;
}

export interface PipelineFacts extends Omit<Published, 'schema' | 'stages' | 'cells'> {
  readonly stages: readonly StageFacts[];
}

/**
 * The mean time of a full batch; undefined where the row does not contain it. A replica that did not keep up with the load
 * always had a full batch waiting, so the time is batch / throughput; its mean latency includes smaller batches. A replica
 * that kept up ran full batches if they filled before the time-out.
 */
export function fullBatchMs({ batch, loadPerS, meanMs, throughputPerS }: Row): number | undefined {
  const saturated = throughputPerS < 0.95 * loadPerS;
  if (saturated) return batch === 1 && meanMs !== undefined ? meanMs : (1000 * batch) / throughputPerS;
  return batch <= loadPerS * BATCHING_S ? meanMs : undefined;
}

function cellOf(
  stage: StageFacts,
  variant: string,
  cores: number,
  batch: number,
): Published['cells'][number] {
  const key = { stage: stage.name, variant, cores, batch };
  const ratio = stage.p99Ratio(variant);
  const row = stage.rows.find((r) => r.variant === variant && r.cores === cores && r.batch === batch);
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
      ? stage.oneItemMs!(variant, cores)
      : cellOf(stage, variant, cores, 1).meanMs * (1 + stage.kappa(variant, cores) * (batch - 1));
  return {
    ...key,
    meanMs: round(meanMs),
    p99Ms: round(meanMs * ratio),
    basis: 'reconstructed',
    source: stage.rule,
  };
}

/** Rounds to 4 significant digits. */
const round = (ms: number): number => +ms.toPrecision(4);

export function publishedOf({ stages, ...facts }: PipelineFacts): Published {
  return {
    schema: 'ipa-edge/published@1',
    ...facts,
    stages: stages.map(({ name, task, metric, thresholdPerS, variants }) => ({
      name,
      task,
      metric,
      thresholdPerS,
      variants: [...variants],
    })),
    cells: stages.flatMap((stage) => {
      const cores = [...new Set([...CORES, ...stage.variants.map((variant) => variant.baseCores)])];
      return stage.variants.flatMap(({ name }) =>
        cores.flatMap((count) => BATCHES.map((batch) => cellOf(stage, name, count, batch))),
      );
    }),
  };
}

/** JSON with one variant or cell on each line. */
export function text(published: Published): string {
  const lines = (values: readonly unknown[], indent: string) =>
    `[\n${values.map((value) => `${indent}  ${JSON.stringify(value)}`).join(',\n')}\n${indent}]`;
  const { stages, cells, ...rest } = published;
  const head = JSON.stringify(rest, null, 2).replace(/\n\}$/, '');
  const stageTexts = stages.map(({ variants, ...stage }) => {
    const fields = JSON.stringify(stage).slice(0, -1);
    return `    ${fields}, "variants": ${lines(variants, '    ')}}`;
  });
  return `${head},\n  "stages": [\n${stageTexts.join(',\n')}\n  ],\n  "cells": ${lines(cells, '  ')}\n}\n`;
}
