import '../../workers/runtime/no-telemetry.ts';
import { type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import { Scratch } from '../../models/tasks/program.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { createNodeRuntime } from '../../workers/runtime/ort-node.ts';

/** Results of real models for items of their stage, on one core. */
export async function runModel(
  models: ModelBytes,
  { stage, task }: PipelineStage,
  items: ItemBatch,
): Promise<StageResult[]> {
  if (items.lengths.length === 0) return [];
  const runtime = await createNodeRuntime(1);
  const model = await runtime.createSession(models.model!, 'cpu');
  const { results } = await task.program.run(stage, itemsOf(items), { model }, new Scratch());
  await model.release();
  return results;
}

/** The items that results give the next stage, by item. */
export function childrenOf(
  { stage, task, next }: PipelineStage,
  items: ItemBatch,
  results: StageResult[],
): Item[][] {
  return itemsOf(items).map((item, i) => task.children(stage, item, results[i]!, next!.format));
}
