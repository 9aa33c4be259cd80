import { z } from 'zod';
import { accuracy, expectDistinct, milliseconds, name, positiveCount } from '../solver/documents/common.ts';
import { parseDocument } from '../solver/documents/document.ts';
import { accuracyMethod } from '../solver/documents/plan.ts';
import { type MeasuredCell, PROFILE, type Profile } from '../solver/documents/profile.ts';
import { seededRandom, shuffled } from '../solver/random.ts';
import { mean, normalQuantile, summarise } from '../solver/statistics.ts';
import { sha256Hex } from './load.ts';

/** A pipeline of which there are published figures and no models: it can be planned and simulated, not run. */
export const PUBLISHED = 'ipa-edge/published@1';

/** Runs that a cell of the profile stands for. */
const SAMPLES = 200;

/** Of a sorted set of that size the nearest-rank p99 is the 198th, which stands at this quantile. */
const Z99 = normalQuantile((Math.ceil(0.99 * SAMPLES) - 0.5) / SAMPLES);

/** No log-normal has a higher p99 / mean. */
const P99_RATIO_MAX = Math.exp(Z99 ** 2 / 2);

/** Replicas of the paper are ready 8 s after a decision. */
const READY_MS = 8000;

const publishedVariant = z.strictObject({
  name,
  accuracy,
  /** Cores of a replica in the paper. */
  baseCores: positiveCount,
  parametersMillion: z.number().positive(),
});

const publishedStage = z.strictObject({
  name,
  task: name,
  metric: z.string().max(60),
  /** Requests/s that a replica with the base cores keeps up with, at one batch size at least. */
  thresholdPerS: z.number().positive(),
  variants: z.array(publishedVariant).min(1),
});

const publishedCell = z.strictObject({
  stage: name,
  variant: name,
  cores: positiveCount,
  batch: positiveCount,
  /** Of a whole batch. */
  meanMs: milliseconds.positive(),
  p99Ms: milliseconds.positive(),
  /** `published`: mean and p99 were measured by the source; `reconstructed`: one or both follow from others by a rule. */
  basis: z.enum(['published', 'reconstructed']),
  /** A key of `sources`. */
  source: name,
});

const choice = z.record(name, name);

export const publishedSchema = z
  .strictObject({
    schema: z.literal(PUBLISHED),
    name,
    title: z.string().max(200),
    /** Where figures are from, or by which rule. */
    sources: z.record(name, z.string().max(1000)),
    /** Whose machines the times were taken on. */
    platform: z.string().max(200),
    cores: positiveCount,
    /** Of the end-to-end latency. */
    slaMs: z.number().positive(),
    /** The objective of the paper's own system. */
    weights: z.strictObject({
      alpha: z.number().nonnegative(),
      beta: z.number().nonnegative(),
      delta: z.number().nonnegative(),
      accuracy: accuracyMethod,
    }),
    /** The largest batch that the paper's own system could choose. */
    batchMax: positiveCount,
    /** Variants that it could choose from, where not all: FA2 has one of each stage. */
    restrictTo: z.record(name, z.array(name).min(1)),
    fa2High: choice,
    fa2Low: choice,
    rimReplicas: z.record(name, positiveCount),
    stages: z.array(publishedStage).min(1).max(32),
    cells: z.array(publishedCell).min(1),
  })
  .superRefine((published, context) => {
    const { stages, cells, sources } = published;
    const expectThat = (holds: boolean, path: (string | number)[], message: string) => {
      if (!holds) context.addIssue({ code: 'custom', path, message });
    };
    const has = (stage: string, variant: string) =>
      stages.some((s) => s.name === stage && s.variants.some((v) => v.name === variant));
    expectDistinct(
      context,
      stages.map((s) => s.name),
      (i) => ['stages', i, 'name'],
      'stage names',
    );
    stages.forEach((stage, s) => {
      expectDistinct(
        context,
        stage.variants.map((v) => v.name),
        (i) => ['stages', s, 'variants', i, 'name'],
        'variant names',
      );
      for (const field of ['fa2High', 'fa2Low'] as const)
        expectThat(
          has(stage.name, published[field][stage.name] ?? ''),
          [field, stage.name],
          'expected a variant of the stage',
        );
      expectThat(stage.name in published.rimReplicas, ['rimReplicas', stage.name], 'expected a count');
    });
    for (const [stage, variants] of Object.entries(published.restrictTo))
      expectThat(
        variants.every((variant) => has(stage, variant)),
        ['restrictTo', stage],
        'expected variants of a stage',
      );
    cells.forEach((cell, i) => {
      expectThat(
        has(cell.stage, cell.variant),
        ['cells', i],
        'expected a stage and variant of this document',
      );
      expectThat(cell.source in sources, ['cells', i, 'source'], 'expected a key of sources');
      expectThat(
        cell.p99Ms >= cell.meanMs && cell.p99Ms < P99_RATIO_MAX * cell.meanMs,
        ['cells', i, 'p99Ms'],
        `expected meanMs or more, and under ${P99_RATIO_MAX.toFixed(1)} times that: no log-normal has more`,
      );
    });
  });
export type Published = z.infer<typeof publishedSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parsePublished = (value: unknown, source: string): Published =>
  parseDocument(publishedSchema, value, source, PUBLISHED);

/**
 * A profile with log-normal service times of the published means and p99s. Every stage gets one item per request, as in
 * the paper.
 */
export async function publishedProfile(published: Published): Promise<Profile> {
  const random = seededRandom(0);
  return {
    schema: PROFILE,
    createdAt: '2024-01-01T00:00:00Z',
    pipeline: published.name,
    device: {
      environment: 'published',
      agent: published.title,
      platform: published.platform,
      logicalCores: published.cores,
      adapter: null,
      ortVersion: 'none',
      ortBuild: 'none',
      crossOriginIsolated: false,
      timerGrainMs: 0,
    },
    settings: {
      seed: 0,
      budgetS: 1,
      batches: [...new Set(published.cells.map(({ batch }) => batch))].sort((a, b) => a - b),
      slaMs: published.slaMs,
    },
    stages: await Promise.all(published.stages.map(profileStage)),
    cells: published.cells.map((cell) => {
      const { meanMs, p99Ms, cores, basis, stage, variant, batch } = cell;
      const inferenceMs = shuffled(logNormal(meanMs, p99Ms), random);
      return {
        stage,
        variant,
        backend: 'cpu',
        threads: cores,
        batch,
        state: 'measured',
        cold: { loadMs: 0, createMs: READY_MS, firstRunMs: 0 },
        warmupRuns: 0,
        inferenceMs,
        handlingMs: inferenceMs.map(() => 0),
        latencyMs: summarise(inferenceMs),
        outputs: { maxAbsError: 0, agree: true },
        flags: [basis],
      } satisfies MeasuredCell;
    }),
    fanOut: published.stages.map(({ name }) => ({ stage: name, upstream: {}, counts: [1] })),
    endToEnd: [],
    coRun: [],
  };
}

async function profileStage({ name, task, metric, variants }: Published['stages'][number]) {
  return {
    name,
    task,
    metric,
    variants: await Promise.all(
      variants.map(async (variant) => ({
        name: variant.name,
        // There is no file: the record stands for it, so that variants differ.
        sha256: await sha256Hex(new TextEncoder().encode(JSON.stringify(variant))),
        // Of the parameters, in 32 bits.
        sizeBytes: Math.round(variant.parametersMillion * 4e6),
        accuracy: { published: variant.accuracy, measured: null },
      })),
    ),
  };
}

/**
 * Samples at the middles of equal parts of the log-normal that has this mean and p99. Its mean is exp(μ + σ²/2) and
 * its p99 exp(μ + zσ), so ln(p99 / mean) = zσ − σ²/2, and σ is the smaller root.
 */
function logNormal(meanMs: number, p99Ms: number): number[] {
  const sigma = Z99 - Math.sqrt(Z99 ** 2 - 2 * Math.log(p99Ms / meanMs));
  const shape = STANDARD_NORMAL.map((z) => Math.exp(sigma * z));
  // The middles miss a little of the tail's mean.
  const scale = meanMs / mean(shape);
  return shape.map((value) => scale * value);
}

const STANDARD_NORMAL = Array.from({ length: SAMPLES }, (_, i) => normalQuantile((i + 0.5) / SAMPLES));
