import { z } from 'zod';
import { P99_RATIO_MAX } from '../math/log-normal.ts';
import {
  accuracy,
  expectDistinct,
  expectOnce,
  expectThat,
  milliseconds,
  name,
  positiveCount,
} from './common.ts';
import { parseDocument } from './document.ts';
import { objective } from './plan.ts';

/** A pipeline with published figures but no models: it can be planned and simulated, not run. */
export const PUBLISHED = 'ipa-edge/published@1';

const publishedVariant = z.strictObject({
  name,
  accuracy,
  /** Source of the accuracy: a key of `sources`. */
  source: name,
  /** Cores of one replica in the IPA paper. */
  baseCores: positiveCount,
  parametersMillion: z.number().positive(),
});

const publishedStage = z.strictObject({
  name,
  task: name,
  metric: z.string().max(60),
  /** Requests/s that one replica with the base cores sustains, at some batch size. */
  thresholdPerS: z.number().positive(),
  variants: z.array(publishedVariant).min(1),
});

const publishedCell = z.strictObject({
  stage: name,
  variant: name,
  cores: positiveCount,
  batch: positiveCount,
  /** Mean time of a whole batch. */
  meanMs: milliseconds.positive(),
  p99Ms: milliseconds.positive(),
  /** `published`: the source measured mean and p99. `reconstructed`: a rule derives one or both from other figures. */
  basis: z.enum(['published', 'reconstructed']),
  /** Source of the times: a key of `sources`. */
  source: name,
});

const choice = z.record(name, name);

export const publishedSchema = z
  .strictObject({
    schema: z.literal(PUBLISHED),
    name,
    title: z.string().max(200),
    /** Where figures are from, or the rules that derive them, by key. The `source` fields of this document refer to the keys. */
    sources: z.record(name, z.string().max(1000)),
    /** The machines on which the times were measured. */
    platform: z.string().max(200),
    cores: positiveCount,
    slaMs: z.number().positive(),
    /** Weights of IPA's own objective. */
    weights: objective.pick({ alpha: true, beta: true, delta: true, accuracy: true }),
    /** The largest batch size that IPA could choose. */
    batchMax: positiveCount,
    /** The variants that the paper's systems could choose from, by stage; a stage that is absent had all its variants. */
    restrictTo: z.record(name, z.array(name).min(1)),
    /** FA2 with accurate variants: its fixed variant of each stage. */
    fa2High: choice,
    /** FA2 with fast variants: its fixed variant of each stage. */
    fa2Low: choice,
    /** Number of RIM's replicas of each stage. */
    rimReplicas: z.record(name, positiveCount),
    stages: z.array(publishedStage).min(1).max(32),
    cells: z.array(publishedCell).min(1),
  })
  .superRefine((published, context) => {
    const { stages, cells, sources } = published;
    const has = (stage: string, variant: string) =>
      stages.some((s) => s.name === stage && s.variants.some((v) => v.name === variant));
    expectDistinct(context, stages, 'name', ['stages'], 'stage names');
    stages.forEach((stage, s) => {
      expectDistinct(context, stage.variants, 'name', ['stages', s, 'variants'], 'variant names');
      stage.variants.forEach((variant, v) => {
        const path = ['stages', s, 'variants', v, 'source'];
        expectThat(context, Object.hasOwn(sources, variant.source), path, 'expected a key of sources');
      });
      for (const field of ['fa2High', 'fa2Low'] as const) {
        const fixed = has(stage.name, published[field][stage.name] ?? '');
        expectThat(context, fixed, [field, stage.name], 'expected a variant of the stage');
      }
      const counted = Object.hasOwn(published.rimReplicas, stage.name);
      expectThat(context, counted, ['rimReplicas', stage.name], 'expected a count');
    });
    for (const [stage, variants] of Object.entries(published.restrictTo)) {
      const known = variants.every((variant) => has(stage, variant));
      expectThat(context, known, ['restrictTo', stage], 'expected variants of a stage');
    }
    expectOnce(
      context,
      cells.map(({ stage, variant, cores, batch }) => `${stage}/${variant}/${cores}/${batch}`),
      (i) => ['cells', i],
      (id) => `expected one cell ${id}`,
    );
    cells.forEach(({ stage, variant, source, meanMs, p99Ms }, i) => {
      expectThat(context, has(stage, variant), ['cells', i], 'expected a stage and variant of this document');
      const sourced = Object.hasOwn(sources, source);
      expectThat(context, sourced, ['cells', i, 'source'], 'expected a key of sources');
      const possible = p99Ms >= meanMs && p99Ms < P99_RATIO_MAX * meanMs;
      const message = `expected meanMs or more, and under ${P99_RATIO_MAX.toFixed(1)} times that: no log-normal has more`;
      expectThat(context, possible, ['cells', i, 'p99Ms'], message);
    });
  });
export type Published = z.infer<typeof publishedSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parsePublished = (value: unknown, source: string): Published =>
  parseDocument(publishedSchema, value, source, PUBLISHED);
