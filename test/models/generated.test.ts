import { expect, test } from 'vitest';
import { batchOf, type Item, itemsOf } from '../../models/items/item-batch.ts';
import { loadShipped } from '../shipped.ts';
import generated from './fixtures/generated.json' with { type: 'json' };
import { runModel, tokensOf } from './run-model.ts';

interface Case {
  readonly text?: string;
  /** Number of a recording of the pack. */
  readonly item?: number;
  readonly answer: string;
  readonly tokens: readonly number[];
}

/** What @huggingface/transformers 4.3.1 generates with the same models, greedily and one by one (fixtures/generated.ts). */
const EXPECTED: Readonly<Record<string, readonly Case[]>> = generated;

/** The pipeline, stage and variant that each model is. */
const PLACES = [
  ['translate-small', 'mini-nlp', 'translate', 'small'],
  ['translate-large', 'mini-nlp', 'translate', 'large'],
  ['summary-medium', 'mini-sum-qa', 'summarise', 'medium'],
  ['speech-medium', 'mini-audio-qa', 'transcribe', 'medium'],
  ['speech-large', 'mini-audio-qa', 'transcribe', 'large'],
  ['letters-small', 'mini-audio-qa', 'transcribe', 'letters'],
] as const;

test.each(PLACES)(
  '%s generates in one batch what transformers.js does one by one',
  async (model, name, stageName, variant) => {
    const { pipeline, readModels, readPack } = await loadShipped(name);
    const recordings = itemsOf((await readPack()).items);
    const itemOf = ({ text, item }: Case): Item =>
      text === undefined ? recordings[item!]! : new TextEncoder().encode(text);
    const named = pipeline.stage(stageName);
    // The texts here lack the fields that later stages need, so the stage takes them in its task's own format.
    const stage =
      stageName === 'transcribe' ? named : { ...named, format: named.task.itemFormat(named.stage) };
    const cases = EXPECTED[model]!;
    const models = await readModels(named.variant(variant));
    const batch = batchOf(cases.map(itemOf));
    expect(await tokensOf(models, stage, batch)).toEqual(cases.map(({ tokens }) => tokens));
    const results = await runModel(models, stage, batch);
    expect(results).toMatchObject(cases.map(({ answer }) => ({ text: answer })));
  },
);
