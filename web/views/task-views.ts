import type { Box } from '../../models/items/crop.ts';
import type { ClassifyingStage, ClassResult } from '../../models/tasks/classes.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';

/** How the page shows what a task says and what is true of an item. */
export interface TaskView {
  /** Where the things that a result says lie on a picture, by their index; absent: a result is of its whole item. */
  boxes?(result: StageResult): readonly Box[];
  boxesOfTruth?(truth: unknown): readonly Box[];
  /** A result, or what is true, as a reader would say it; null: it has no words of its own. */
  words(
    stage: ManifestStage,
    said: { readonly result: StageResult } | { readonly truth: unknown },
  ): string | null;
}

const classes: TaskView = {
  words(stage, said) {
    const label = 'result' in said ? (said.result as ClassResult).label : (said.truth as number);
    return (stage as ClassifyingStage).classes[label] ?? `class ${label}`;
  },
};

/** By task. A task without a view is shown by its classes alone, where it has any. */
const VIEWS: Readonly<Record<string, TaskView>> = {
  'object-detection': {
    boxes: (result) => (result as StageResult & { detections: readonly Box[] }).detections,
    boxesOfTruth: (truth) => truth as readonly Box[],
    words: () => null,
  },
  'image-classification': classes,
  'text-classification': classes,
};

const NO_VIEW: TaskView = { words: () => null };

export const viewOf = ({ task }: Pick<ManifestStage, 'task'>): TaskView => VIEWS[task] ?? NO_VIEW;
