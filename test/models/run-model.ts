import '../../workers/runtime/no-telemetry.ts';
import * as ort from 'onnxruntime-node';
import type { ManifestStage } from '../../models/manifests/manifest.ts';
import { type ItemBatch, type StageResult, taskOf } from '../../models/tasks/index.ts';

/** Results of a real model for items of its stage, on one core. */
export async function runModel(
  model: Uint8Array,
  stage: ManifestStage,
  items: ItemBatch,
): Promise<StageResult[]> {
  if (items.count === 0) return [];
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
  const task = taskOf(stage);
  const { data, dims } = task.encode(stage, items);
  const outputs = await session.run({ image: new ort.Tensor('float32', data, dims) });
  const output = outputs[session.outputNames[0]!]!;
  const results = task.decode(stage, { data: output.data as Float32Array, dims: output.dims }, items.count);
  await session.release();
  return results;
}
