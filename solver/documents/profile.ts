import { z } from 'zod';
import { sum } from '../math/statistics.ts';
import { labelledAnswers, pathAnswers } from './answers.ts';
import { type CellKey, cell, cellId, type MeasuredCell, roundTripsMs } from './cell.ts';
import { coRun } from './co-run.ts';
import {
  accuracy,
  type Backend,
  count,
  device,
  expectDistinct,
  expectOnce,
  expectThat,
  isoDate,
  milliseconds,
  name,
  packFacts,
  positiveCount,
  sha256,
} from './common.ts';
import { parseDocument } from './document.ts';
import { batchPauses } from './pauses.ts';
import { type PlanStage, stageNameOf } from './plan.ts';
import { type ServiceFactors, serving } from './serving.ts';

export const PROFILE = 'ipa-edge/profile@1';

/** A variant's score on the labelled pack, in the metric of its task. */
export const measuredScore = z.strictObject({
  value: accuracy,
  n: positiveCount,
  /** Further metrics of the task by name, e.g. `exact match`. */
  others: z.record(z.string().max(60), accuracy).optional(),
});
export type MeasuredScore = z.infer<typeof measuredScore>;

const profileVariant = z.strictObject({
  name,
  sha256,
  sizeBytes: positiveCount,
  accuracy: z.strictObject({
    /** Accuracy stated in the manifest; null if it states none. */
    published: accuracy.nullable(),
    /** Accuracy measured on this device with the labelled pack; null without a pack. */
    measured: measuredScore.nullable(),
  }),
  /**
   * The variant's answers to the labelled items. Absent if the task's results have no confidence, without a pack, and in older
   * profiles; no cascade then uses the variant.
   */
  answers: labelledAnswers.optional(),
});

/** The accuracy to plan with: the measured one, or else the published one; null if there is neither. */
export const accuracyOf = ({
  accuracy: { measured, published },
}: z.infer<typeof profileVariant>): number | null => measured?.value ?? published;

/** Whether no variant has a known accuracy, so that latency and cost alone decide plans. */
export const accuraciesUnknown = ({ stages }: Pick<Profile, 'stages'>): boolean =>
  stages.every(({ variants }) => variants.every((variant) => accuracyOf(variant) === null));

const sizeUnit = z.enum(['pixels', 'seconds', 'bytes']);
export type SizeUnit = z.infer<typeof sizeUnit>;

const profileStage = z.strictObject({
  name,
  task: name,
  metric: z.string().max(60),
  /** Unit of the cells' `sizes`: pixels of a picture, seconds of a recording, bytes of a text. */
  sizeUnit: sizeUnit.optional(),
  variants: z.array(profileVariant).min(1),
});

/**
 * Number of items that a stage gets per request, for one choice of upstream variants. `counts[i]` belongs to item i of the
 * pack, so that the counts of different stages stay correlated.
 */
export const fanOut = z.strictObject({
  stage: name,
  /**
   * The chosen variant of each upstream stage whose results can change the number of items; empty for the first stage, and if the
   * pack's labels give the counts.
   */
  upstream: z.record(name, name),
  counts: z.array(count).min(1),
  /**
   * Size of each item that `counts` counts, in the stage's `sizeUnit`, pack item by pack item. Absent if all sizes are equal, and
   * in older profiles.
   */
  sizes: z.array(z.number().nonnegative()).optional(),
});
export type FanOut = z.infer<typeof fanOut>;

/** Accuracy of the whole pipeline with one choice of variants, measured on the labelled pack. */
export const endToEnd = z.strictObject({
  variants: z.record(name, name),
  metric: z.string().max(60),
  value: accuracy,
  n: positiveCount,
  /** Earned and possible points of the metric, for each item of the pack. Absent in older profiles. */
  scores: z
    .array(z.tuple([z.number(), z.number().nonnegative()]))
    .min(1)
    .optional(),
  /**
   * In older profiles, in place of `scores`: true positives, false positives and false negatives of each item of the pack, for
   * F1.
   */
  counts: z
    .array(z.tuple([count, count, count]))
    .min(1)
    .optional(),
});
export type EndToEnd = z.infer<typeof endToEnd>;

/**
 * Earned and possible points of each item of the pack, in order. Older profiles have the counts of F1 = 2 · right / (2 · right +
 * spurious + missed).
 */
export const packItemScores = ({ scores, counts }: EndToEnd): readonly (readonly [number, number])[] =>
  scores ??
  counts?.map(([right, spurious, missed]) => [2 * right, 2 * right + spurious + missed] as const) ??
  [];

export const profileSchema = z
  .strictObject({
    schema: z.literal(PROFILE),
    createdAt: isoDate,
    pipeline: name,
    device,
    /**
     * The labelled pack that the profiler measured on; null if the pipeline has none: the profiler then made up items, and
     * accuracies are the manifest's. Absent in older profiles and in those of published figures.
     */
    pack: packFacts.nullable().optional(),
    settings: z.strictObject({
      seed: z.int(),
      budgetS: z.number().positive(),
      batches: z.array(positiveCount).min(1),
      /**
       * Once a batch takes longer than this, the profiler measures no larger ones; null: the limit is the SLA by IPA's rule,
       * for each backend.
       */
      slaMs: milliseconds.nullable(),
    }),
    stages: z.array(profileStage).min(1).max(32),
    cells: z.array(cell).min(1, 'expected at least one cell'),
    fanOut: z.array(fanOut),
    endToEnd: z.array(endToEnd),
    /**
     * The variants' answers to the items that reach each stage, from which the planner computes cascades. Absent in older
     * profiles.
     */
    paths: z.array(pathAnswers).optional(),
    /**
     * How much longer batches take beside another worker. Entries are missing where two workers do not fit on the device, or
     * where measuring them failed. A pipeline of one stage has no entry for a GPU, and older profiles have none for a GPU or for
     * two workers of one stage.
     */
    coRun: z.array(coRun),
    /**
     * How much longer batches take after pauses. A backend is missing if the budget had no time for it, a stage has no measured
     * cell on it, or its worker was lost. Absent in older profiles.
     */
    batchPauses: batchPauses.optional(),
    /**
     * What serving costs beside the models. Only the agent measures it, so profiles by `ipa-edge profile` or the page lack it,
     * and so do older ones.
     */
    serving: serving.optional(),
  })
  .superRefine((profile, context) => {
    expectDistinct(context, profile.stages, 'name', ['stages'], 'stage names');
    const { batchPauses = [], serving: { hops = [] } = {}, cells } = profile;
    expectOnce(
      context,
      batchPauses.map(({ backend, stage = '' }) => `${backend}/${stage}`),
      (i) => ['batchPauses', i],
      () => 'expected one entry for a stage on a backend',
    );
    batchPauses.forEach(({ stage }, i) => {
      const known = stage === undefined || profile.stages.some(({ name }) => name === stage);
      expectThat(context, known, ['batchPauses', i, 'stage'], 'expected a stage of this profile');
    });
    expectOnce(
      context,
      hops.map(({ stage, items }) => `${stage}/${items}`),
      (i) => ['serving', 'hops', i],
      () => 'expected one entry for a stage and number of items',
    );
    hops.forEach(({ stage }, i) => {
      const known = profile.stages.some((s) => s.name === stage);
      expectThat(context, known, ['serving', 'hops', i, 'stage'], 'expected a stage of this profile');
    });
    profile.stages.forEach(({ variants }, s) => {
      expectDistinct(context, variants, 'name', ['stages', s, 'variants'], 'variant names');
      const lengths = new Set(variants.flatMap(({ answers }) => answers?.length ?? []));
      const message = 'expected answers of all variants to the same items';
      expectThat(context, lengths.size <= 1, ['stages', s, 'variants'], message);
    });
    profile.fanOut.forEach(({ counts, sizes }, i) => {
      const paired = sizes === undefined || sizes.length === sum(counts);
      expectThat(context, paired, ['fanOut', i, 'sizes'], 'expected one for each item');
    });
    profile.paths?.forEach(({ confidences, earned }, i) => {
      const paired = earned === undefined || earned.length === confidences.length;
      expectThat(context, paired, ['paths', i, 'earned'], 'expected one per confidence');
    });
    expectOnce(
      context,
      cells.map(cellId),
      (i) => ['cells', i],
      (id) => `expected one cell ${id}`,
    );
    cells.forEach((entry, i) => {
      const stage = profile.stages.find((s) => s.name === entry.stage);
      const known = stage?.variants.some((v) => v.name === entry.variant) ?? false;
      expectThat(context, known, ['cells', i], 'expected a stage and variant of this profile');
      if (entry.state !== 'measured') return;
      const { inferenceMs, handlingMs, sizes, steps, runsMs } = entry;
      for (const [field, values] of Object.entries({ handlingMs, sizes, steps, ...runsMs })) {
        const paired = values === undefined || values.length === inferenceMs.length;
        expectThat(context, paired, ['cells', i, field], 'expected one per inferenceMs');
      }
      // A coarse clock may measure 0 ms for every run; the cell then has the flag `timer-grain`.
      const timed = roundTripsMs(entry).some((ms) => ms > 0) || entry.flags.includes('timer-grain');
      expectThat(context, timed, ['cells', i, 'inferenceMs'], 'expected a time above 0');
    });
  });
export type Profile = z.infer<typeof profileSchema>;

/**
 * A profile with its hash, by which a plan names the profile that it was made from. The process checked and hashed the profile
 * when it read it, so nothing checks or hashes it again.
 */
export interface IdentifiedProfile {
  readonly profile: Profile;
  /** SHA-256 of the profile's canonical JSON. A corrected profile keeps the hash of the measured one. */
  readonly sha256: string;
  /** The factors that correct the profile's times by those in service. Absent: the times are as measured. */
  readonly inService?: ServiceFactors;
}

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseProfile = (value: unknown, source: string): Profile =>
  parseDocument(profileSchema, value, source, PROFILE);

/** The measured cells of a plan's row, of every batch size. */
export const cellsOfRow = (
  { cells }: Pick<Profile, 'cells'>,
  {
    variant,
    backend,
    threads,
    ...row
  }: Pick<PlanStage, 'name' | 'variant' | 'backend' | 'threads' | 'escalation'>,
): MeasuredCell[] =>
  cells.filter(
    (cell): cell is MeasuredCell =>
      cell.state === 'measured' &&
      cell.stage === stageNameOf(row) &&
      cell.variant === variant &&
      cell.backend === backend &&
      cell.threads === threads,
  );

/** Cells in the order of `places`, which are `stage/variant`, then by backend, threads and batch. */
export function cellsInOrder<C extends CellKey>(cells: readonly C[], places: readonly string[]): C[] {
  const place = ({ stage, variant }: CellKey) => places.indexOf(`${stage}/${variant}`);
  return [...cells].sort(
    (a, b) =>
      place(a) - place(b) || a.backend.localeCompare(b.backend) || a.threads - b.threads || a.batch - b.batch,
  );
}

/** All measured cells, in the order of the profile's stages and variants, then by backend, threads and batch. */
export const measuredInOrder = ({ stages, cells }: Profile): MeasuredCell[] =>
  cellsInOrder(
    cells.filter((cell) => cell.state === 'measured'),
    stages.flatMap(({ name, variants }) => variants.map((variant) => `${name}/${variant.name}`)),
  );

/** All backends that a profile has cells for. */
export const backendsOf = ({ cells }: Pick<Profile, 'cells'>): Backend[] => [
  ...new Set(cells.map(({ backend }) => backend)),
];
