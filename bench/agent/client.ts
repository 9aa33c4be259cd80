import { fileURLToPath } from 'node:url';
import { wrap } from 'comlink';
import { itemsOf } from '../../models/items/item-batch.ts';
import type { ItemFormatOf } from '../../models/items/item-format.ts';
import { loadManifest } from '../../models/manifests/load.ts';
import { readAtMost } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { spawnWorker } from '../../workers/environment/node.ts';
import type { LoadGenerator } from './load.ts';

/** Starts a worker of this folder in a process of its own. */
export function startProcess<Api>(file: string) {
  const { endpoint, terminate } = spawnWorker(fileURLToPath(new URL(file, import.meta.url)));
  return { api: wrap<Api>(endpoint), terminate };
}

/** Loads the pipeline fashion, and starts a load generator that sends the scenes of its pack. */
export async function startClient() {
  const models = await loadManifest(option.manifestPath({ pipeline: 'fashion' }), readAtMost);
  const { stage, task } = models.pipeline.first;
  const { channels, height, width } = task.itemFormat(stage) as ItemFormatOf<'pixels'>;
  const { items } = await models.readPack();
  const { api: generator, terminate } = startProcess<LoadGenerator>('./load.worker.ts');
  const shape = [channels, height, width];
  await generator.aim({ model: models.manifest.name, images: itemsOf(items), shape });
  return { models, generator, terminate };
}
