import type { LoadedManifest } from '../../models/manifests/load.ts';
import { stageItems } from '../../models/packs/labelled-items.ts';
import type { Device } from '../../solver/documents/common.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { type ExecutorOverhead, executorOverhead } from './executor.ts';
import { type CellOverhead, profilerOverhead } from './profiler.ts';
import type { Bench, OverheadRequest, Spawn } from './types.ts';

export interface OverheadResult {
  readonly device: Device;
  readonly cells: readonly CellOverhead[];
  readonly executor: ExecutorOverhead;
}

/** Compares first the profiler and then the executor with bare ONNX Runtime sessions, on one backend. */
export async function measureOverhead(
  models: LoadedManifest,
  environment: Environment,
  spawn: Spawn,
  request: OverheadRequest,
): Promise<OverheadResult> {
  const labelled = await stageItems(await models.readPack(), models.pipeline);
  const items = labelled.map((stage) => stage.items);
  const bench: Bench = { models, environment, spawn, items };
  const { device, cells } = await profilerOverhead(bench, request);
  return { device, cells, executor: await executorOverhead(bench, request) };
}
