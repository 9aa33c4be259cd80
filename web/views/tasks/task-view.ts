import type { Box } from '../../../models/items/crop.ts';
import type { StageResult } from '../../../models/tasks/task.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';

/** A stage's result for an item, or the item's truth, in the form of the stage's task. */
export type ResultOrTruth = { readonly result: StageResult } | { readonly truth: unknown };

/** A span of a text, in characters (Unicode code points): from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** The type of the span, e.g. `PER`; absent if the task has no types. */
  readonly label?: string;
}

/** How the page shows a task's results and truths. */
export interface TaskView {
  /** Boxes of the objects in a picture. Absent if a result is about the whole item. */
  boxes?(of: ResultOrTruth): readonly Box[];
  /** Spans of the objects in a text; null for an object without a span. Absent if a result is about the whole text. */
  spans?(of: ResultOrTruth): readonly (Span | null)[];
  /** Describes object `index` of a result or truth in words; undefined if the object has no more than its box or span. */
  words?(stage: ManifestStage, of: ResultOrTruth, index: number): string | undefined;
  /** Whether `words` is a text that may be partly right: the page then shows its score and marks the words that differ. */
  readonly makesTexts?: boolean;
  /** Describes which items a stage passes to the next one. */
  passedOn(stage: ManifestStage): string;
}
