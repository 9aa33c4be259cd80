import type { LoadedManifest } from '../../models/manifests/load.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import { isLabelled } from '../../models/packs/pack.ts';
import { fittingSample, itemCount, REQUESTS } from './fitting-sample.ts';
import type { Sample } from './sample.ts';

/**
 * Makes a sample from a labelled pack: of the first {@link REQUESTS} requests, the one with the most items that fits the picture
 * of the pipeline, with its labels as the answers. Null if none fits, or if the pack has no labels.
 */
export async function packSample({ pipeline, readPack }: LoadedManifest): Promise<Sample | null> {
  const pack = await readPack();
  if (!isLabelled(pack)) return null;
  const lengths = pack.items.lengths.slice(0, REQUESTS);
  const first = { items: { ...pack.items, lengths }, truths: pack.truths.slice(0, REQUESTS) };
  const levels = await labelledItems(first, pipeline);
  let best: Sample | null = null;
  for (const request of lengths.keys()) {
    const stages = pipeline.stages.map((stage, s) => {
      const { items, truths, requests } = levels[s]!;
      const own = [...requests.keys()].filter((i) => requests[i] === request);
      const results = own.map((i) => stage.task.perfect(truths[i]!.truth));
      return { stage, items: own.map((i) => items[i]!), results };
    });
    if (!best || itemCount(stages) > itemCount(best.stages)) best = fittingSample(stages) ?? best;
  }
  return best;
}
