import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { JournalEntry } from '../store/store.ts';

/** Runs a batch through a variant of a stage, on the reference backend. */
export type RunVariant = (stage: string, variant: string, items: ItemBatch) => Promise<StageRun>;

/** A part of the measured accuracy, which the journal keeps. */
export type AccuracyPart = Extract<
  JournalEntry,
  { kind: 'variant-accuracy' | 'fan-out' | 'combination' | 'path' }
>;

export interface AccuracyWatch {
  /** Called after each step of `accuracySteps` that has run, or was recalled from the journal. */
  step(what: string): void;
  recall(what: string): void;
  save(part: AccuracyPart): Promise<void>;
}
