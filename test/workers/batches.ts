import { batchOf, type Item } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';

/** The stages of the mini pipelines, each once, with a variant of 32-bit weights. */
export const MINI_STAGES = [
  ['mini-audio-qa', 'transcribe', 'small'],
  ['mini-audio-qa', 'transcribe', 'letters'],
  ['mini-audio-qa', 'answer', 'small'],
  ['mini-audio-sentiment', 'mood', 'small'],
  ['mini-nlp', 'language', 'medium'],
  ['mini-nlp', 'translate', 'small'],
  ['mini-sum-qa', 'summarise', 'small'],
] as const;

/** A stage's results for items of very different sizes: in one batch and, unless `onlyTogether`, one by one. */
export async function inBatchAndAlone(
  environment: Environment,
  backend: Backend,
  models: LoadedManifest,
  stageName: string,
  variant: string,
  onlyTogether = false,
) {
  const { pipeline } = models;
  const stage = pipeline.stage(stageName);
  const labelled = await labelledItems((await models.readPack()) as LabelledPack, pipeline);
  const bySize = [...labelled[pipeline.stages.indexOf(stage)]!.items].sort((a, b) => a.length - b.length);
  const items: Item[] = [bySize[0]!, bySize.at(-1)!, bySize[Math.floor(bySize.length / 2)]!, bySize[1]!];
  const worker = await environment.spawn('batches', 1);
  try {
    await worker.load(
      variantSpec(stage, { key: 'v', variant, backend }),
      await models.readModels(stage.variant(variant)),
    );
    const together = await worker.run('v', batchOf(items));
    const alone = [];
    for (const item of onlyTogether ? [] : items) alone.push(await worker.run('v', batchOf([item])));
    return {
      together: together.results.map(rounded),
      alone: alone.flatMap(({ results }) => results.map(rounded)),
      /** Decoder steps of the batch, and of each item alone. */
      steps: [together.steps, ...alone.map(({ steps }) => steps)] as const,
    };
  } finally {
    worker.terminate();
  }
}

/** A result with its numbers rounded: padding changes the order of sums, and so the last digits. */
const rounded = (result: object): unknown =>
  JSON.parse(JSON.stringify(result, (_, value) => (typeof value === 'number' ? +value.toFixed(3) : value)));
