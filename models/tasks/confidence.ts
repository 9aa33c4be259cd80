import type { PipelineStage } from '../manifests/pipeline.ts';
import type { StageResult } from './task.ts';

/** Confidences are rounded to keep profiles small. Runs round too, so that a cascade's threshold acts as in the profile. */
const DECIMALS = 5;

/** A variant's confidence in a result, from 0 to 1; undefined if the stage's task does not define one. */
export function confidenceOf({ task }: Pick<PipelineStage, 'task'>, result: StageResult): number | undefined {
  const confidence = task.confidence?.(result);
  if (confidence === undefined) return undefined;
  // A model whose outputs are NaN has no confidence in its result.
  return Number.isNaN(confidence) ? 0 : Number(Math.min(1, Math.max(0, confidence)).toFixed(DECIMALS));
}
