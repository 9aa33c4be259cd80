import type { TrueObject } from '../../../models/tasks/object-detection/boxes.ts';
import type { StageResult } from '../../../models/tasks/task.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import type { ResultOrTruth, TaskView } from './task-view.ts';

interface Detections extends StageResult {
  readonly detections: readonly TrueObject[];
}

const objectsOf = (of: ResultOrTruth): readonly TrueObject[] =>
  'result' in of ? (of.result as Detections).detections : (of.truth as readonly TrueObject[]);

export const objectDetection: TaskView = {
  boxes: objectsOf,
  words(stage, of, index) {
    const { classes } = stage as ManifestStage & { readonly classes?: readonly string[] };
    return classes?.[objectsOf(of)[index]!.label];
  },
  passedOn: () => 'one item for each object found',
};
