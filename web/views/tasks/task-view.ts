import type { Box } from '../../../models/items/crop.ts';
import type { StageResult } from '../../../models/tasks/task.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';

/** A stage's result for an item, or the truth of the item, in the form of the stage's task. */
export type ResultOrTruth = { readonly result: StageResult } | { readonly truth: unknown };

/** How the page shows the results and truths of a task. */
export interface TaskView {
  /** The places of things on a picture, by index. Absent where a result is about the whole item. */
  boxes?(of: ResultOrTruth): readonly Box[];
  /** What a result or a truth says of its thing `index`, in words; undefined where the places of things say it all. */
  words?(stage: ManifestStage, of: ResultOrTruth, index: number): string | undefined;
  /** The items that a stage passes to the next one, in a few words. */
  passedOn(stage: ManifestStage): string;
}
