import type { Remote } from 'comlink';
import type { LoadedManifest } from '../../models/load.ts';
import { labelledItems } from '../../models/pack.ts';
import { splitItems } from '../../models/tasks/items.ts';
import type { Backend, Device } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Environment } from '../environment/environment.ts';
import type { StageWorker } from '../stage/stage-worker.ts';
import { type ExecutorOverhead, executorOverhead } from './executor.ts';
import type { BareApi } from './host.ts';
import { type CellOverhead, profilerOverhead } from './profiler.ts';

/** Both ends of a worker of the overhead benchmark. */
export interface OverheadWorker {
  readonly worker: StageWorker;
  readonly bare: Remote<BareApi>;
}

export type Spawn = (id: string, threads: number) => Promise<OverheadWorker>;

/** What is measured on one backend. */
export interface OverheadRequest {
  readonly backend: Backend;
  readonly batches: readonly number[];
  /** Time for each cell, at least. */
  readonly cellMs: number;
  /** What the executor is saturated with, for about so long in each of the rounds. */
  readonly plan: Plan;
  readonly rounds: number;
  readonly roundMs: number;
}

export interface OverheadResult {
  readonly device: Device;
  readonly cells: readonly CellOverhead[];
  readonly executor: ExecutorOverhead;
}

/** What all measurements of a backend share. */
export interface Bench {
  readonly models: LoadedManifest;
  readonly environment: Environment;
  readonly spawn: Spawn;
  /** True items of each stage. */
  readonly items: readonly (readonly Uint8Array<ArrayBuffer>[])[];
}

/** What the profiler and the executor add to bare ONNX Runtime, each interleaved with it. */
export async function measureOverhead(
  models: LoadedManifest,
  environment: Environment,
  spawn: Spawn,
  request: OverheadRequest,
): Promise<OverheadResult> {
  const items = (await labelledItems(await models.readPack(), models.manifest.stages)).map((stage) =>
    splitItems(stage.items),
  );
  const bench: Bench = { models, environment, spawn, items };
  const { device, cells } = await profilerOverhead(bench, request);
  return { device, cells, executor: await executorOverhead(bench, request) };
}
