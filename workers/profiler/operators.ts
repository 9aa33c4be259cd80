import { batchOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { stageItems } from '../../models/packs/labelled-items.ts';
import type { CellKey } from '../../solver/documents/cell.ts';
import { onGpu } from '../../solver/documents/common.ts';
import { checkAvailable } from '../environment/available.ts';
import type { Environment } from '../environment/environment.ts';
import { unlessAborted, untilEnd } from '../executor/clock.ts';
import { type OperatorTimes, variantSpec } from '../stage/protocol.ts';
import { ItemDraw } from './item-draw.ts';
import { checkThreads } from './threads.ts';

/** Number of different batches, which are run in turn. */
const DRAWN = 8;
const SEED = 1;

/**
 * Measures, in a new worker, which operators take a variant's time.
 * @param signal ends the measurement at once
 * @throws BackendUnavailableError, InvalidPackError, ModelLoadError, ModelMismatchError, TooManyThreadsError, WorkerLostError,
 * and the errors of reading the models
 */
export async function measureOperators(
  models: LoadedManifest,
  environment: Environment,
  { stage: name, variant, backend, threads, batch }: CellKey,
  signal: AbortSignal,
): Promise<OperatorTimes> {
  checkThreads([threads], environment);
  await checkAvailable(environment, backend);
  const { pipeline } = models;
  const stage = pipeline.stage(name);
  const pack = await unlessAborted(models.readPack, signal);
  const items = (await stageItems(pack, pipeline))[pipeline.stages.indexOf(stage)]!;
  const bytes = await unlessAborted(() => models.readModels(stage.variant(variant)), signal);
  const draw = new ItemDraw(items, SEED);
  const batches = Array.from({ length: DRAWN }, (_, i) => batchOf(draw.batch(i, batch)));
  const worker = await environment.spawn('operators', onGpu(backend) ? 1 : threads, signal);
  return untilEnd(
    () => worker.terminate(),
    signal,
    () => worker.operators(variantSpec(stage, { variant, backend }), bytes, batches),
  );
}
