import { type ItemBatch, takeInTurn } from '../../models/items/item-batch.ts';
import type { StageItems } from '../../models/packs/labelled-items.ts';
import type { Pauses } from '../../solver/documents/pauses.ts';
import type { Serving } from '../../solver/documents/serving.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { OverlappingCall } from './overlap.ts';
import type { OpenVariant } from './sessions.ts';
import type { ProfileSettings } from './types.ts';

/** Some items of a stage, with a variant's results for them. A server replays the results, so its own cost is measured alone. */
export interface RecordedStage extends StageRun {
  readonly stage: string;
  /** Items in the order of their results; the first stage's are sent as requests. */
  readonly items: ItemBatch;
}

/** A stage, as the measurement of serving needs it. */
export interface ServedStage {
  readonly recorded: RecordedStage;
  /** Runs the smallest batch of the largest variant in its worker. Calls with the same index run the same items. */
  readonly batch: OverlappingCall;
}

/**
 * Measures what serving costs beside the models. The agent gives the profiler this function, because only the agent serves.
 * @param pausesMs time for pauses
 * @returns the costs, and what pauses add to the batches of each stage; `pauses` is undefined if the time for pauses is too short
 * @throws the signal's reason when it is aborted
 */
export type MeasureServing = (
  stages: readonly ServedStage[],
  settings: ProfileSettings,
  pausesMs: number,
  signal: AbortSignal | undefined,
) => Promise<{ readonly serving: Serving; readonly pauses: readonly Pauses[] | undefined }>;

const ITEMS = 32;

/** Runs some items of a stage through a variant. A variant with a fixed batch gets one such batch. */
export async function recordStage(
  stage: string,
  { worker, key, fixedBatch }: OpenVariant,
  { items }: StageItems,
): Promise<RecordedStage> {
  const batch = takeInTurn(items, 0, fixedBatch ?? Math.min(ITEMS, items.length));
  // The buffer of a batch is transferred to the worker, so the worker gets a copy.
  const copy = { lengths: batch.lengths, bytes: batch.bytes.slice() };
  const { results, children, childCounts } = await worker.run(key, copy);
  return { stage, items: batch, results, children, childCounts };
}

/** Makes a function that runs batches of a variant's smallest size. Successive indices take the stage's items in turn. */
export function smallestBatchRunner(
  { worker, key, fixedBatch }: OpenVariant,
  { items }: StageItems,
): OverlappingCall {
  const size = fixedBatch ?? 1;
  return (run) => worker.run(key, takeInTurn(items, run * size, size));
}
