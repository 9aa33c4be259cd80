import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Manifest, ManifestVariant } from '../../models/manifests/manifest.ts';
import { labelledItems, type Pack } from '../../models/packs/pack.ts';
import { splitItems } from '../../models/tasks/items.ts';
import type { Plan, PlanWorker } from '../../solver/documents/plan.ts';
import type { Environment } from '../environment/environment.ts';
import { gather } from '../profiler/measure.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

interface CrewOptions {
  readonly manifest: Manifest;
  readonly environment: Environment;
  readonly readModel: (variant: ManifestVariant) => Promise<Uint8Array>;
  /** Items of a stage to warm up with, by stage name. */
  readonly warmUpItems: (stage: string) => readonly Uint8Array<ArrayBuffer>[];
}

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

/** Items of a stage that its worker warms up with. */
const WARM_UP_ITEMS = 64;

/** Workers of the environment: each loads the sessions that it holds in the plan, and warms up on true items of the pack. */
export async function recruiter(
  { manifest, readVerified }: LoadedManifest,
  pack: Pack,
  environment: Environment,
): Promise<Recruit> {
  const items = new Map(
    (await labelledItems(pack, manifest.stages)).map((stage, s) => [
      manifest.stages[s]!.name,
      splitItems(stage.items, WARM_UP_ITEMS),
    ]),
  );
  const options: CrewOptions = {
    manifest,
    environment,
    readModel: ({ file, sha256 }) => readVerified(file, sha256),
    warmUpItems: (stage) => items.get(stage)!,
  };
  return (id, planWorker, plan, signal) => recruit(id, planWorker, plan, options, signal);
}

/** Starts a worker, loads the sessions that it holds in a plan and warms each at every batch size that may close. */
async function recruit(
  id: string,
  planWorker: PlanWorker,
  plan: Plan,
  options: CrewOptions,
  signal?: AbortSignal,
): Promise<StageWorker> {
  const { manifest, environment, readModel, warmUpItems } = options;
  const worker = await environment.spawn(id, planWorker.threads);
  const end = () => worker.terminate();
  signal?.addEventListener('abort', end);
  try {
    signal?.throwIfAborted();
    for (const name of planWorker.stages) {
      const index = manifest.stages.findIndex((stage) => stage.name === name);
      const stage = manifest.stages[index]!;
      const planned = plan.stages.find((s) => s.name === name)!;
      const variant = stage.variants.find((v) => v.name === planned.variant)!;
      const model = `${name}/${variant.name}`;
      const next = manifest.stages[index + 1] ?? null;
      await worker.load(
        { key: name, model, backend: planned.backend, stage, next },
        await readModel(variant),
      );
      const items = warmUpItems(name);
      for (const batch of warmUpSizes(planned.batch))
        for (let i = 0; i < WARM_UP_RUNS; i++) await worker.run(name, gather(items, 0, batch));
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
