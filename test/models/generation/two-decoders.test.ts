import { expect, test } from 'vitest';
import { batchOf, itemsOf } from '../../../models/items/item-batch.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { loadShipped } from '../../shipped.ts';
import { tokensOf } from '../run-model.ts';
import { splitDecoder } from './split-decoder.ts';

const STAGES = [
  ['mini-nlp', 'translate'],
  ['mini-audio-qa', 'transcribe'],
] as const;

test.each(STAGES.flatMap(([name, stage]) => [1, 3].map((beams) => [name, stage, beams] as const)))(
  '%s: two decoders write the tokens of the merged one for %s with %i beams, in one batch and alone',
  async (name, stageName, beams) => {
    const { pipeline, readModels, readPack } = await loadShipped(name);
    const named = pipeline.stage(stageName);
    const stage = {
      ...named,
      format: pipeline.first.format,
      stage: { ...named.stage, beams },
    } as PipelineStage;
    const models = await readModels(named.variant('small'));
    const split = { ...models, ...splitDecoder(models.decoder!) };
    const items = itemsOf((await readPack()).items, 6);
    const expected = await tokensOf(models, stage, batchOf(items));
    expect(new Set(expected.map(({ length }) => length)).size).toBeGreaterThan(1);
    expect(await tokensOf(split, stage, batchOf(items))).toEqual(expected);
    expect(await tokensOf(split, stage, batchOf(items.slice(0, 1)))).toEqual(expected.slice(0, 1));
  },
);
