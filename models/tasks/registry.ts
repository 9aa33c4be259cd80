import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { imageClassification } from './image-classification/task.ts';
import { objectDetection } from './object-detection/task.ts';
import type { StageResult, Task } from './task.ts';
import { textClassification } from './text-classification/task.ts';

/** Any task. Its callers do not look into stages, results and truths: they pass those back to the task that made them. */
export type AnyTask = Task<ManifestStage, StageResult, unknown>;

/** Every task. A new task needs a folder beside this file and an entry in this list. */
export const TASKS = [
  objectDetection,
  imageClassification,
  textClassification,
] as unknown as readonly AnyTask[];

const byId = new Map(TASKS.map((task) => [task.id, task]));

/** The task of a stage from a checked manifest, so that the task exists. */
export const taskOf = ({ task }: Pick<ManifestStage, 'task'>): AnyTask => byId.get(task)!;
