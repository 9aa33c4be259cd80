import { takeInTurn } from '../../models/items/item-batch.ts';
import { blankItem } from '../../models/items/item-format.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Plan, PlanWorker } from '../../solver/documents/plan.ts';
import type { Environment } from '../environment/environment.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** Runs of each batch size before a worker serves: the first compiles shaders. */
const WARM_UP_RUNS = 2;

/** What the executor needs of a worker: a stage worker of this machine, or a pod of a cluster. */
export type CrewWorker = Pick<StageWorker, 'info' | 'lost' | 'run' | 'terminate'>;

/**
 * Gives a worker that runs what `planWorker` holds in a plan, warmed up. A signal that aborts ends it while it loads, too.
 * @throws ModelLoadError, ModelMismatchError, WorkerLostError
 */
export type Recruit = (
  id: string,
  planWorker: PlanWorker,
  plan: Plan,
  signal?: AbortSignal,
) => Promise<CrewWorker>;

/** Workers of the environment: each loads the variants that it holds in the plan, and warms them up on blank items. */
export const recruiter =
  (models: LoadedManifest, environment: Environment): Recruit =>
  (id, planWorker, plan, signal) =>
    recruit(models, environment, id, planWorker, plan, signal);

/** Starts a worker, loads the variants that it holds in a plan and warms each at every batch size that may close. */
async function recruit(
  { pipeline, readModels }: LoadedManifest,
  environment: Environment,
  id: string,
  planWorker: PlanWorker,
  plan: Plan,
  signal?: AbortSignal,
): Promise<StageWorker> {
  const worker = await environment.spawn(id, planWorker.threads);
  const end = () => worker.terminate();
  signal?.addEventListener('abort', end);
  try {
    signal?.throwIfAborted();
    for (const name of planWorker.stages) {
      const { stage, task, next, variant } = pipeline.stage(name);
      const planned = plan.stages.find((s) => s.name === name)!;
      await worker.load(
        {
          key: name,
          model: `${name}/${planned.variant}`,
          backend: planned.backend,
          stage,
          next: next?.stage ?? null,
        },
        await readModels(variant(planned.variant)),
      );
      const blank = blankItem(task.items(stage));
      for (const batch of warmUpSizes(planned.batch))
        for (let i = 0; i < WARM_UP_RUNS; i++) await worker.run(name, takeInTurn([blank], 0, batch));
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
 * Batches close at any size up to the plan's: each may compile shaders of its own. Powers of two and the full size stand
 * for them.
 */
function warmUpSizes(batch: number): number[] {
  const sizes = new Set([batch]);
  for (let size = 1; size < batch; size *= 2) sizes.add(size);
  return [...sizes].sort((a, b) => a - b);
}
