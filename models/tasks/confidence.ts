import type { PipelineStage } from '../manifests/pipeline.ts';
import type { StageResult } from './task.ts';

/** Confidences are kept to this many decimals, so that a profile stays small. A run rounds too, so that both compare alike with a threshold. */
const DECIMALS = 5;

/** How sure a variant is of a result, from 0 to 1; undefined if the stage's task does not tell. */
export function confidenceOf({ task }: Pick<PipelineStage, 'task'>, result: StageResult): number | undefined {
  const confidence = task.confidence?.(result);
  if (confidence === undefined) return undefined;
  // A model whose outputs are not numbers is not sure of anything.
  return Number.isNaN(confidence) ? 0 : Number(Math.min(1, Math.max(0, confidence)).toFixed(DECIMALS));
}
