import '../../workers/runtime/no-telemetry.ts';
import { keepFields } from '../../models/items/fields.ts';
import { type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import { childrenOf as followingItems, type PipelineStage } from '../../models/manifests/pipeline.ts';
import { Scratch } from '../../models/tasks/program.ts';
import { programOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { createNodeRuntime } from '../../workers/runtime/ort-node.ts';
import type { OrtSession } from '../../workers/runtime/runtime.ts';

/** Results of real models for items of their stage, on one core. */
export async function runModel(
  models: ModelBytes,
  { stage, task, format }: PipelineStage,
  items: ItemBatch,
): Promise<StageResult[]> {
  if (items.lengths.length === 0) return [];
  const runtime = await createNodeRuntime(1);
  const program = programOf(stage, Object.keys(models))!;
  const prepared = (await program.prepare?.(stage, models)) ?? stage;
  const sessions: Record<string, OrtSession> = {};
  for (const [role, { keeps = false }] of Object.entries(program.signatures(stage)))
    sessions[role] = await runtime.createSession(models[role]!, 'cpu', { keeps });
  const own = itemsOf(items).map((item) => keepFields(format, task.itemFormat(stage), item));
  const { results } = await program.run(prepared, own, sessions, new Scratch());
  for (const session of Object.values(sessions)) await session.release();
  return results;
}

/** The items that results give the next stage, by item. */
export function childrenOf(stage: PipelineStage, items: ItemBatch, results: StageResult[]): Item[][] {
  return itemsOf(items).map((item, i) => followingItems(stage, stage.next!.format, item, results[i]!));
}
