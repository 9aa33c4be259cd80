import type { Pipeline, PipelineStage } from '../../models/manifests/pipeline.ts';
import type { StageItems } from '../../models/packs/labelled-items.ts';
import type { Cell } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { sizeBytesOf } from '../../solver/documents/manifest.ts';
import type { BatchPauses, Pauses } from '../../solver/documents/pauses.ts';
import type { Serving } from '../../solver/documents/serving.ts';
import type { Environment } from '../environment/environment.ts';
import { measureOverlap, type OverlappingCall } from './overlap.ts';
import { measurePauses, type PausedCall } from './pauses.ts';
import type { Progress } from './progress.ts';
import { type MeasureServing, recordStage, type ServedStage, smallestBatchRunner } from './recorded-stage.ts';
import type { OpenVariant, Sessions, VariantKey } from './sessions.ts';
import type { ProfileSettings } from './types.ts';
import type { WorkClock } from './work-clock.ts';

/** The pauses of all backends together may take this share of the profile's budget. */
const PAUSES_SHARE = 0.1;
/** The measurement of how batches overlap may take this share of the budget, for all backends together. */
const OVERLAP_SHARE = 0.02;

interface AfterPausesOptions {
  readonly pipeline: Pipeline;
  readonly items: readonly StageItems[];
  readonly sessions: Sessions;
  readonly environment: Environment;
  readonly settings: ProfileSettings;
  readonly clock: WorkClock;
  readonly progress: Progress;
  readonly measureServing: MeasureServing | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Measures on each backend how much longer batches take after pauses, and how much of a batch's handling overlaps the batch
 * before it; if this process can serve, also what serving costs.
 * @param cells the profile's cells
 */
export async function measureAfterPauses(
  o: AfterPausesOptions,
  cells: readonly Cell[],
): Promise<{ readonly batchPauses: BatchPauses; readonly serving: Serving | undefined }> {
  const { settings, measureServing, environment } = o;
  const backends = new Set(
    measureServing ? [environment.reference, ...settings.backends] : settings.backends,
  );
  const shareMs = (share: number) => (share * 1000 * settings.budgetS) / backends.size;
  const batchPauses: BatchPauses = [];
  o.progress.begin('pauses', backends.size);
  let serving: Serving | undefined;
  for (const backend of backends) {
    const serves = measureServing && backend === environment.reference;
    const what = serves ? 'requests without models' : `batches on ${backend}`;
    await o.clock.wait();
    o.progress.working(what);
    const times = { pausesMs: shareMs(PAUSES_SHARE), overlapMs: shareMs(OVERLAP_SHARE) };
    const measured = await o.sessions.holding(async () =>
      serves
        ? o.sessions.overOneLoss({ backend, threads: 1 }, () => withServing(o, measureServing, times))
        : batchesOn(o, backend, cells, times),
    );
    o.progress.step(what);
    serving ??= measured.serving;
    for (const [s, pauses] of (measured.pauses ?? []).entries()) {
      const overlap = measured.overlaps[s];
      const stage = o.pipeline.stages[s]!.name;
      batchPauses.push({ backend, stage, pauses, ...(overlap !== undefined && { overlap }) });
    }
  }
  return { batchPauses, serving };
}

interface Measured {
  readonly serving: Serving | undefined;
  /** For each stage, how much longer batches take after pauses; undefined if pauses were not measured. */
  readonly pauses: readonly Pauses[] | undefined;
  /** For each stage, the share of a batch's handling that overlaps the batch before it; undefined if the time was too short. */
  readonly overlaps: readonly (number | undefined)[];
}

/** The time for pauses and for overlaps on one backend. */
interface Times {
  readonly pausesMs: number;
  readonly overlapMs: number;
}

/** Measures batches on the reference backend, and what serving costs. */
async function withServing(
  o: AfterPausesOptions,
  measureServing: MeasureServing,
  { pausesMs, overlapMs }: Times,
): Promise<Measured> {
  const stages = await servedStages(o);
  const overlaps = await overlapsOf(
    o,
    stages.map(({ batch }) => batch),
    overlapMs,
  );
  return { ...(await measureServing(stages, o.settings, pausesMs, o.signal)), overlaps };
}

async function overlapsOf(
  { clock }: AfterPausesOptions,
  batches: readonly OverlappingCall[],
  forMs: number,
): Promise<(number | undefined)[]> {
  const overlaps: (number | undefined)[] = [];
  for (const batch of batches) overlaps.push(await measureOverlap(batch, forMs / batches.length, clock));
  return overlaps;
}

/** Opens the largest variant of each stage on the reference backend, and records its results for some items. */
async function servedStages(o: AfterPausesOptions): Promise<ServedStage[]> {
  const served: ServedStage[] = [];
  for (const [s, stage] of o.pipeline.stages.entries()) {
    const variants = stage.stage.variants.map(({ name }) => name);
    const opened = await open(o, stage, variants, { backend: o.environment.reference, threads: 1 });
    served.push({
      recorded: await recordStage(stage.name, opened, o.items[s]!),
      batch: smallestBatchRunner(opened, o.items[s]!),
    });
  }
  return served;
}

/**
 * Measures batches on a backend, but not what serving costs. The result has no pauses if a stage has no measured cell on the
 * backend, a worker is lost, or the time is too short.
 */
async function batchesOn(
  o: AfterPausesOptions,
  backend: Backend,
  cells: readonly Cell[],
  { pausesMs, overlapMs }: Times,
): Promise<Measured> {
  const unmeasured = { serving: undefined, pauses: undefined, overlaps: [] };
  const measured = cells.filter((cell) => cell.backend === backend && cell.state === 'measured');
  const threads = Math.min(...measured.map((cell) => cell.threads));
  try {
    const batches: OverlappingCall[] = [];
    for (const [s, stage] of o.pipeline.stages.entries()) {
      const own = measured.filter((cell) => cell.stage === stage.name && cell.threads === threads);
      if (own.length === 0) return unmeasured;
      const variants = own.map(({ variant }) => variant);
      const batch = smallestBatchRunner(await open(o, stage, variants, { backend, threads }), o.items[s]!);
      batches.push(async (run) => {
        o.signal?.throwIfAborted();
        await o.environment.visible();
        return batch(run);
      });
    }
    const overlaps = await overlapsOf(o, batches, overlapMs);
    const calls = batches.map((batch): [PausedCall] => [batch]);
    return { serving: undefined, pauses: await measurePauses(calls, pausesMs, o.clock), overlaps };
  } catch {
    o.signal?.throwIfAborted();
    // The profile is useful without these times. The worker is replaced, because later measurements need one that works.
    await o.sessions.replace({ backend, threads });
    return unmeasured;
  }
}

/** Opens the largest of a stage's variants, because the larger it is, the more of it leaves the caches in a pause. */
function open(
  { sessions }: AfterPausesOptions,
  stage: PipelineStage,
  variants: readonly string[],
  worker: Pick<VariantKey, 'backend' | 'threads'>,
): Promise<OpenVariant> {
  const sizeOf = (variant: string) => sizeBytesOf(stage.variant(variant));
  const largest = variants.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
  return sessions.open({ stage: stage.name, variant: largest, ...worker });
}
