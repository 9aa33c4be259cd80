import { type Item, type ItemBatch, takeInTurn } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import { madeUpItems } from '../../models/packs/made-up.ts';
import { type Plan, type PlanStage, type PlanWorker, stageNameOf } from '../../solver/documents/plan.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { checkAvailable } from '../environment/available.ts';
import type { Environment } from '../environment/environment.ts';
import { ModelLoadError } from '../runtime/errors.ts';
import { type Keeping, type KeptItems, type StageRun, variantSpec } from '../stage/protocol.ts';
import { type SettleLimits, settle } from '../stage/settle.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/**
 * In the warm-up, a session repeats batches of the plan's size until their times settle. Before the JavaScript engine has
 * compiled the code of and around the models, batches take several times as long, and the queue that they cause takes a second
 * to drain.
 */
const SETTLED: SettleLimits = { windowMs: 100, runsMost: 100, windowsMost: 20, mostMs: 2000 };
/** Number of different items for a stage's warm-up, because items of different sizes and contents take different code paths. */
const WARM_UP_ITEMS = 8;

/** The items for the warm-up of each stage, kept because making large items blocks the serving thread for milliseconds. */
const warmUpItems = new WeakMap<PipelineStage, readonly Item[]>();

const itemsFor = (stage: PipelineStage): readonly Item[] =>
  getOrMake(warmUpItems, stage, ({ format }) => madeUpItems(format, WARM_UP_ITEMS));

/** A worker of the executor: a stage worker on this machine, or a pod of a cluster. A pod keeps no items between its stages. */
export interface ExecutorWorker extends Pick<StageWorker, 'info' | 'lost' | 'terminate'> {
  /** True if the cluster ends the worker's pod on purpose, so that nothing has failed. */
  readonly left?: boolean;
  run(key: string, items: ItemBatch): Promise<StageRun>;
  runKeeping?(
    key: string,
    items: ItemBatch | KeptItems,
    keeping?: Keeping,
  ): Promise<StageRun<ItemBatch | KeptItems>>;
}

/**
 * Starts a worker for the stages of `planWorker`, loads the plan's variants in it, and warms them up. On this machine, the signal
 * ends a worker that still loads.
 * @throws BackendUnavailableError, ModelLoadError, ModelMismatchError, WorkerLostError
 */
export type StartWorker = (
  id: string,
  planWorker: PlanWorker,
  plan: Plan,
  signal?: AbortSignal,
) => Promise<ExecutorWorker>;

/**
 * The key of the session that runs a row's standby: a lighter variant that answers the row's batches in a burst. The session of
 * the row's own variant has the row's name as its key.
 */
export const standbyKey = (row: string): string => `${row}/standby`;

/**
 * Returns a function that starts workers in the environment. Their warm-up runs made-up items, so that no labelled pack is read.
 * @param limits bounds of the warm-up, which ends when batch times settle
 */
export const workerStarter =
  (models: LoadedManifest, environment: Environment, limits?: SettleLimits): StartWorker =>
  (id, planWorker, plan, signal) =>
    startWorker(models, environment, { ...planWorker, id }, plan.stages, signal, limits);

/**
 * Starts a worker, loads the variants of its rows in it, and warms them up.
 * @param planned the plan's rows, of which `stages` names those of the worker
 * @param signal ends the worker while it loads
 * @throws BackendUnavailableError, ModelLoadError, ModelMismatchError, WorkerLostError, and the errors of reading the models
 */
export async function startWorker(
  { pipeline, readModels }: LoadedManifest,
  environment: Environment,
  { id, threads, stages }: Pick<PlanWorker, 'id' | 'threads' | 'stages'>,
  planned: readonly Pick<PlanStage, 'name' | 'variant' | 'backend' | 'batch' | 'escalation' | 'standby'>[],
  signal?: AbortSignal,
  limits = SETTLED,
): Promise<StageWorker> {
  const worker = await environment.spawn(id, threads, signal);
  const end = () => worker.terminate();
  signal?.addEventListener('abort', end);
  try {
    signal?.throwIfAborted();
    for (const name of stages) {
      const row = planned.find((one) => one.name === name)!;
      const { variant, backend, batch: largest, standby } = row;
      const stage = pipeline.stage(stageNameOf(row));
      const items = itemsFor(stage);
      const sessions = [
        { key: name, variant },
        ...(standby ? [{ key: standbyKey(name), variant: standby.variant }] : []),
      ];
      for (const session of sessions) {
        const bytes = await readModels(stage.variant(session.variant));
        await worker.load(variantSpec(stage, { ...session, backend }), bytes).catch(async (error) => {
          if (error instanceof ModelLoadError) await checkAvailable(environment, backend);
          throw error;
        });
        let runs = 0;
        const run = (batch: number) => worker.run(session.key, takeInTurn(items, runs++ * batch, batch));
        for (const batch of warmUpSizes(largest)) await run(batch);
        await settle(async () => {
          const start = performance.now();
          await run(largest);
          return performance.now() - start;
        }, limits);
      }
    }
    return worker;
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

/**
 * The batch sizes to warm up. A batch may have any size up to the plan's, and each size may compile its own shaders. The powers
 * of two and the plan's size stand for all sizes.
 */
function warmUpSizes(batch: number): number[] {
  const sizes = new Set([batch]);
  for (let size = 1; size < batch; size *= 2) sizes.add(size);
  return [...sizes].sort((a, b) => a - b);
}
