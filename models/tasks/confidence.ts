import type { PipelineStage } from '../manifests/pipeline.ts';
import type { StageResult } from './task.ts';

/**
 * The number of decimals to which profiles and runs round a confidence. Few decimals keep profiles small; the same number in both
 * makes a cascade's threshold act in a run as in the profile.
 */
const DECIMALS = 5;

/** Whether an item escalates: the light variant's confidence in its result is below the cascade's threshold. */
export const isUnsure = (stage: Pick<PipelineStage, 'task'>, result: StageResult, below: number): boolean =>
  (confidenceOf(stage, result) ?? 1) < below;

/** A variant's confidence in a result, from 0 to 1; undefined if the stage's task does not define one. */
export function confidenceOf({ task }: Pick<PipelineStage, 'task'>, result: StageResult): number | undefined {
  const confidence = task.confidence?.(result);
  if (confidence === undefined) return undefined;
  // If a model's outputs are NaN, its confidence is NaN too. 0 then makes the item escalate.
  return Number.isNaN(confidence) ? 0 : Number(Math.min(1, Math.max(0, confidence)).toFixed(DECIMALS));
}
