import { expect, test } from 'vitest';
import { batchOf, type Item, itemsOf } from '../../models/items/item-batch.ts';
import { loadShipped } from '../shipped.ts';
import generated from './fixtures/generated.json' with { type: 'json' };
import { runModel } from './run-model.ts';

/**
 * What @huggingface/transformers 4.3.1 generates with the same models, greedily and one by one: from texts, and from recordings of
 * the pack by their number.
 */
const EXPECTED: Readonly<Record<string, readonly { text?: string; item?: number; answer: string }[]>> =
  generated;

/** Where each model is a variant: pipeline, stage and variant. */
const PLACES = [
  ['translate-small', 'mini-nlp', 'translate', 'small'],
  ['translate-large', 'mini-nlp', 'translate', 'large'],
  ['summary-medium', 'mini-sum-qa', 'summarise', 'medium'],
  ['speech-medium', 'mini-audio-qa', 'transcribe', 'medium'],
  ['speech-large', 'mini-audio-qa', 'transcribe', 'large'],
] as const;

test.each(PLACES)(
  '%s generates in one batch what transformers.js does one by one',
  async (model, name, stageName, variant) => {
    const { pipeline, readModels, readPack } = await loadShipped(name);
    const recordings = itemsOf((await readPack()).items);
    const itemOf = ({ text, item }: { text?: string; item?: number }): Item =>
      text === undefined ? recordings[item!]! : new TextEncoder().encode(text);
    const named = pipeline.stage(stageName);
    // Texts come here without the fields that other stages need.
    const stage =
      stageName === 'transcribe' ? named : { ...named, format: named.task.itemFormat(named.stage) };
    const cases = EXPECTED[model]!;
    const results = await runModel(
      await readModels(named.variant(variant)),
      stage,
      batchOf(cases.map(itemOf)),
    );
    expect(results.map((result) => (result as unknown as { text: string }).text)).toEqual(
      cases.map(({ answer }) => answer),
    );
  },
);
