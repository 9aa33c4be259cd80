import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HubReader } from '../../../models/hub/describe.ts';
import { parseRecipe, pinRecipe } from '../../../models/hub/recipe.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import type { Dtype } from '../../../solver/documents/manifest.ts';
import { ROOT } from '../../../workers/command/root.ts';
import { referenceFile } from '../../reference.ts';
import {
  ANSWERER,
  apiAnswer,
  BART,
  DETR,
  MARIAN,
  RESNET,
  RT_DETR,
  SENTIMENT,
  WAV2VEC2,
  WHISPER,
  YOLOS,
} from './models.ts';

const NAMES = ['video', 'audio-qa', 'audio-sentiment', 'sum-qa', 'nlp'];
const jsonOf = (name: string) => JSON.parse(readFileSync(join(ROOT, 'models', name, 'recipe.json'), 'utf8'));
const recipeOf = (name: string) => parseRecipe(jsonOf(name), name);
const idsOf = (name: string) =>
  recipeOf(name).stages.flatMap(({ models }) => models.map(({ hub }) => hub.id));

/** What a list of the hub's models says of the data types of each: `dtypes` by id. */
const FACTS = referenceFile('hub-models.tsv');
const facts = new Map(
  FACTS
    ? readFileSync(FACTS, 'utf8')
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([id, , dtypes = '']) => [
          id!,
          dtypes.split(',').map((one) => (one === 'quantized' ? 'q8' : one)),
        ])
    : [],
);

test('every recipe that ships is one of the five', () => {
  const shipped = readdirSync(join(ROOT, 'models')).filter((name) =>
    existsSync(join(ROOT, 'models', name, 'recipe.json')),
  );
  expect(shipped.sort()).toEqual([...NAMES].sort());
});

test('fields that are nested deeply are refused', () => {
  const recipe = jsonOf('nlp');
  recipe.stages[0].fields = { input: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) };
  expect(() => parseRecipe(recipe, 'nlp')).toThrow(
    /stages\[0\]\.fields: expected fields that are nested less deeply/,
  );
});

test.skipIf(!FACTS).each(NAMES)(
  'the recipe %s names models that the hub has, in data types that they have',
  (name) => {
    for (const { models } of recipeOf(name).stages)
      for (const { hub, dtypes } of models) {
        expect(facts.has(hub.id), hub.id).toBe(true);
        expect(facts.get(hub.id)).toEqual(expect.arrayContaining([...new Set(dtypes!.flat())]));
      }
  },
);

const COCO = ['person', 'car', 'zebra', ...jsonOf('video').stages[0].fields.keep];

/** A repository's configuration, as the hub has it for the model of this id. */
function configurationOf(id: string) {
  const withLabels = (model: { config: object }, names: readonly string[]) => ({
    ...model,
    config: { ...model.config, id2label: { ...names } },
  });
  if (/rtdetr/.test(id)) return withLabels(RT_DETR, COCO);
  // The class lists of these models have gaps, and the same classes in another order.
  if (/yolos/.test(id)) return withLabels(YOLOS, ['N/A', ...COCO]);
  if (/detr/.test(id)) return withLabels(DETR, ['N/A', ...COCO.toReversed(), 'N/A']);
  if (/resnet/.test(id)) return RESNET;
  if (/whisper/.test(id)) return WHISPER;
  if (/moonshine/.test(id))
    return { ...WAV2VEC2, config: { architectures: ['MoonshineForConditionalGeneration'] }, generation: {} };
  if (/wav2vec2/.test(id)) return WAV2VEC2;
  if (/squad/.test(id)) return ANSWERER;
  if (/opus-mt/.test(id)) return MARIAN;
  if (/distilbart/.test(id)) return BART;
  if (/sst-2/.test(id)) return SENTIMENT;
  if (/language_detection/.test(id)) return withLabels(SENTIMENT, ['eng_Latn', 'fra_Latn', 'deu_Latn']);
  throw new Error(`no configuration for ${id}`);
}

const SUFFIX: Partial<Record<Dtype, string>> = { fp32: '', q8: '_quantized' };

/** A hub that has these models in all data types, and no large files. */
const hubOf = (ids: readonly string[]): HubReader => ({
  endpoint: 'https://hub',
  async bytes(url) {
    const path = new URL(url).pathname;
    const id = ids.find((one) => path.startsWith(`/api/models/${one}/`) || path.startsWith(`/${one}/`))!;
    const { config, ...others } = configurationOf(id) as Record<string, object | undefined>;
    const files: Record<string, object | undefined> = {
      'config.json': config,
      'generation_config.json': others.generation,
      'preprocessor_config.json': others.preprocessor,
      'tokenizer.json': others.tokenizer ?? (others.preprocessor && {}),
      'tokenizer_config.json': others.tokenizer ?? {},
    };
    const models = ['model', 'encoder_model', 'decoder_model_merged'].flatMap((name) =>
      ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4'].map(
        (dtype) => `onnx/${name}${SUFFIX[dtype as Dtype] ?? `_${dtype}`}.onnx`,
      ),
    );
    const sizes = [...Object.keys(files).filter((name) => files[name]), ...models].map((name) => [name, 9]);
    const value = path.startsWith('/api/')
      ? apiAnswer(id, Object.fromEntries(sizes))
      : files[path.replace(/^.*\//, '')];
    return new TextEncoder().encode(JSON.stringify(value));
  },
});

describe.each(NAMES)('the recipe %s', (name) => {
  test('pins to a manifest whose stages fit together', async () => {
    const recipe = recipeOf(name);
    const manifest = await pinRecipe(hubOf(idsOf(name)), recipe, null, async () => {});
    expect(manifest).toMatchObject({ name, title: recipe.title });
    expect(manifest.stages.map((stage) => [stage.name, stage.variants.length])).toEqual(
      recipe.stages.map((stage) => [
        stage.name,
        stage.models.reduce((sum, { dtypes }) => sum + dtypes!.length, 0),
      ]),
    );
    const { fields } = new Pipeline(manifest).first.format;
    expect(fields ?? []).toEqual(name.endsWith('-qa') ? ['question'] : []);
  });

  test('says where labelled items are from, and names the stages that their labels are for', () => {
    const { data, stages } = recipeOf(name);
    const written = data.prepare.join('\n');
    // These stages get their labels from the pack's source itself: the transcripts, the boxes or the answers.
    const [source] = data.pack;
    const own = {
      '--recordings': ['transcribe'],
      '--coco': ['detect', 'classify'],
      '--questions': ['answer'],
    };
    for (const stage of stages)
      if (!own[source as keyof typeof own]?.includes(stage.name))
        expect(written).toMatch(new RegExp(`${stage.name}: `));
  });
});

test('a stage passes on only French, and has its models in the order of the recipe', async () => {
  const { stages } = await pinRecipe(hubOf(idsOf('nlp')), recipeOf('nlp'), null, async () => {});
  expect(stages[0]).toMatchObject({ name: 'language', passOn: ['fra_Latn'] });
  expect(stages[1]).toMatchObject({ input: { length: 512, prefix: '' }, tokensMax: 400, beams: 1 });
  expect(stages[1]!.variants[1]!.name).toBe('opus-mt-fr-en-fp32-q8');
});

test('pinning again adds nothing, and keeps the pack', async () => {
  const recipe = recipeOf('audio-qa');
  const hub = hubOf(idsOf('audio-qa'));
  const once = await pinRecipe(hub, recipe, null, async () => {});
  const pack = { file: 'pack.bin', sha256: 'a'.repeat(64), source: 'made up' };
  expect(await pinRecipe(hub, recipe, { ...once, pack }, async () => {})).toEqual({ ...once, pack });
});

test.each([
  [
    'an id that is none',
    { models: [{ hub: 'not an id' }] },
    /stages\[0\]\.models\[0\]\.hub: .*give owner\/name/,
  ],
  ['data types that are none', { models: [{ hub: 'a/b', dtypes: ['q7'] }] }, /expected data types/],
  ['a task that is none', { task: 'mind-reading' }, /stages\[0\]\.task/],
  ['a field that is none', { extra: 1 }, /extra/],
])('a recipe with %s is refused', (_, change, says) => {
  const { stages, ...recipe } = jsonOf('nlp');
  const spoiled = { ...recipe, stages: [{ ...stages[0], ...change }] };
  expect(() => parseRecipe(spoiled, 'r')).toThrow(InvalidDocumentError);
  expect(() => parseRecipe(spoiled, 'r')).toThrow(says);
});
