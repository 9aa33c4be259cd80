import type { Item } from '../../models/items/item-batch.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { JournalEntry } from '../store/exchange.ts';

/** Runs items, as one batch, through a variant of a stage on the reference backend. */
export type RunVariant = (stage: string, variant: string, items: readonly Item[]) => Promise<StageRun>;

/** A journal entry that holds a part of the measured accuracy. */
export type AccuracyPart = Extract<
  JournalEntry,
  { kind: 'variant-accuracy' | 'fan-out' | 'combination' | 'path' }
>;

export interface AccuracyWatch {
  /** Called after each step of `accuracySteps` that has run. */
  step(what: string): void;
  /** Called instead of `step` if the journal already held the result of the step. */
  recall(what: string): void;
  save(part: AccuracyPart): Promise<void>;
}
