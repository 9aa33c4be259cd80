import { describe, expect, test } from 'vitest';
import { dtypeNamed, dtypeText, readDtypes } from '../../../models/hub/dtypes.ts';
import { NoModelFileError, StageMismatchError } from '../../../models/hub/errors.ts';
import { hubVariants } from '../../../models/hub/model-files.ts';
import { type Pin, withPin } from '../../../models/hub/pin.ts';
import { parseRepository } from '../../../models/hub/repository.ts';
import { hubStage } from '../../../models/hub/stage.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import {
  type Manifest,
  ownFieldsOf,
  sizeBytesOf,
  stageOfVariant,
} from '../../../solver/documents/manifest.ts';
import {
  apiAnswer,
  COMMIT,
  DETR,
  labels,
  MARIAN,
  modelOf,
  RESNET,
  RT_DETR,
  T5,
  WHISPER,
  YOLOS,
} from './models.ts';

const FILES = { 'onnx/model.onnx': 70, 'onnx/model_quantized.onnx': 20 };

function pinOf(
  id: string,
  model: Parameters<typeof modelOf>[1] = RESNET,
  files: Record<string, number> = FILES,
  task?: string,
): Pin {
  const repository = parseRepository(apiAnswer(id, files), 'the API');
  const own = hubStage(modelOf(id, model), task);
  return {
    endpoint: 'https://hub',
    repository,
    ...own,
    variants: hubVariants(repository, own.stage),
    sums: new Map(repository.files.map(({ path }) => [path, 'e'.repeat(64)])),
  };
}

/** The files of a repository with an encoder and a decoder, in two data types. */
const TRANSLATOR = Object.fromEntries([
  ...['', '_quantized'].flatMap((suffix) => [
    [`onnx/encoder_model${suffix}.onnx`, 40],
    [`onnx/decoder_model_merged${suffix}.onnx`, 50],
    [`onnx/decoder_model${suffix}.onnx`, 45],
    [`onnx/decoder_with_past_model${suffix}.onnx`, 44],
  ]),
  ...['config', 'generation_config', 'tokenizer', 'tokenizer_config'].map((name) => [`${name}.json`, 1]),
]);

const SPEAKER = { ...TRANSLATOR, 'preprocessor_config.json': 1 };

const namesOf = (stages: readonly { readonly variants: readonly { readonly name: string }[] }[]) =>
  stages.map(({ variants }) => variants.map(({ name }) => name));

describe('a pin', () => {
  test('makes a manifest with a variant for each data type, each with its source', () => {
    const manifest = withPin(null, pinOf('Xenova/resnet-18'));
    expect(manifest).toMatchObject({ name: 'resnet-18', title: 'Xenova/resnet-18' });
    expect(manifest.pack).toBeUndefined();
    expect(manifest.stages).toHaveLength(1);
    expect(manifest.stages[0]).toMatchObject({ name: 'classify', task: 'image-classification' });
    expect(manifest.stages[0]!.variants[1]).toEqual({
      name: 'resnet-18-q8',
      accuracy: null,
      accuracySource: 'not published with the model file',
      source: { hub: 'Xenova/resnet-18', revision: COMMIT, licence: 'apache-2.0' },
      sessions: {
        model: {
          file: `https://hub/Xenova/resnet-18/resolve/${COMMIT}/onnx/model_quantized.onnx`,
          sha256: 'e'.repeat(64),
          sizeBytes: 20,
          dtype: 'q8',
        },
      },
    });
    expect(parseManifest(JSON.parse(JSON.stringify(manifest)), 'the file')).toEqual(manifest);
  });

  test('adds variants to the stage of its task, and replaces those of the same model', () => {
    const first = withPin(null, pinOf('Xenova/resnet-18'));
    const both = withPin(first, pinOf('Xenova/resnet-50'));
    expect(namesOf(both.stages)).toEqual([
      ['resnet-18-fp32', 'resnet-18-q8', 'resnet-50-fp32', 'resnet-50-q8'],
    ]);
    const again = withPin(both, pinOf('Xenova/resnet-18', RESNET, { 'onnx/model.onnx': 99 }));
    expect(namesOf(again.stages)).toEqual(namesOf(both.stages));
    expect(again.stages[0]!.variants.map(({ sessions }) => sessions.model!.sizeBytes)).toEqual([
      99, 20, 70, 20,
    ]);
  });

  test('of a model of the same name by another owner gets names of its own', () => {
    const both = withPin(withPin(null, pinOf('a/resnet')), pinOf('b/resnet'));
    expect(namesOf(both.stages)).toEqual([['resnet-fp32', 'resnet-q8', 'resnet-fp32-2', 'resnet-q8-2']]);
  });

  test('adds a stage of another task, with the names that are given', () => {
    const street = withPin(null, pinOf('onnx-community/rtdetr', RT_DETR), {
      stage: 'find',
      pipeline: 'street',
    });
    const manifest = withPin(street, pinOf('Xenova/resnet-18'));
    expect(manifest.name).toBe('street');
    expect(manifest.stages.map(({ name, task }) => [name, task])).toEqual([
      ['find', 'object-detection'],
      ['classify', 'image-classification'],
    ]);
  });

  test('of a detector fits a stage if it has the classes that the stage reports, in any order', () => {
    const manifest = withPin(null, pinOf('a/rtdetr', RT_DETR));
    const keeping = parseManifest(
      { ...manifest, stages: manifest.stages.map((stage) => ({ ...stage, keep: ['label 7'] })) },
      'a manifest',
    );
    expect(withPin(keeping, pinOf('b/rtdetr', RT_DETR)).stages[0]).toMatchObject({ keep: ['label 7'] });
    const fewer = { ...RT_DETR, config: { ...RT_DETR.config, id2label: labels(79) } };
    const names = Object.values(labels(79));
    expect(withPin(keeping, pinOf('b/few', fewer)).stages[0]!.variants[2]).toMatchObject({
      output: { format: 'rt-detr', threshold: 0.5, classes: names },
    });
    expect(() => withPin(manifest, pinOf('b/few', fewer))).toThrow(StageMismatchError);
    expect(() => withPin(manifest, pinOf('b/few', fewer))).toThrow(
      /share one classes: the model has none that the other lacks, the stage \["label 79"\] alone.*--stage/,
    );
  });

  test('of a classifier of other classes does not fit', () => {
    const other = { ...RESNET, config: { ...RESNET.config, id2label: labels(999) } };
    expect(() => withPin(withPin(null, pinOf('a/resnet')), pinOf('b/resnet', other))).toThrow(
      /share one classes.*"label 999"/,
    );
  });
});

describe('detectors of other families in one stage', () => {
  const COCO = ['person', 'bicycle', 'car', 'motorcycle', 'airplane', 'couch', 'potted plant'];
  const named = (names: readonly string[]) => Object.fromEntries(names.map((name, i) => [i, name]));
  const withLabels = <M extends { config: object }>(model: M, names: readonly string[]) => ({
    ...model,
    config: { ...model.config, id2label: named(names) },
  });
  const all = [...COCO, 'dining table', 'tv'];
  const darknet = [
    'person',
    'bicycle',
    'car',
    'motorbike',
    'aeroplane',
    'sofa',
    'pottedplant',
    'diningtable',
    'tvmonitor',
  ];
  const gaps = ['N/A', ...all.slice(0, 5), 'N/A', ...all.slice(5)];
  const rtDetr = pinOf('a/rtdetr', withLabels(RT_DETR, darknet));
  const yolos = pinOf('a/yolos', withLabels(YOLOS, gaps));
  const detr = pinOf('a/detr', withLabels(DETR, gaps));

  test('have the classes of COCO, each with its own size, normalisation, format and order of classes', () => {
    const [stage] = withPin(withPin(withPin(null, rtDetr), yolos), detr).stages;
    expect(stage).toMatchObject({
      classes: all,
      input: { height: 640, width: 640, mean: [0], std: [1] },
      output: { format: 'rt-detr', threshold: 0.5 },
      pictures: { channels: 3, height: 800, width: 800 },
    });
    expect(stage!.variants.map(ownFieldsOf)).toEqual([
      {},
      {},
      ...Array(2).fill({
        input: expect.objectContaining({ height: 512, width: 512, mean: [0.485, 0.456, 0.406] }),
        output: { format: 'detr', threshold: 0.5, classes: gaps },
      }),
      ...Array(2).fill({
        input: expect.objectContaining({ height: 800, width: 800 }),
        output: { format: 'detr', threshold: 0.5, classes: gaps },
      }),
    ]);
  });

  test('are the same variants in whatever order they are pinned', () => {
    const seen = (manifest: Manifest) =>
      manifest.stages[0]!.variants.map((variant) => ({
        ...stageOfVariant(manifest.stages[0]!, variant),
        variants: variant.name,
      })).sort((a, b) => (a.variants < b.variants ? -1 : 1));
    const one = withPin(withPin(withPin(null, rtDetr), yolos), detr);
    const other = withPin(withPin(withPin(null, detr), rtDetr), yolos);
    expect(seen(other)).toEqual(seen(one));
  });

  test("follow the stage's threshold", () => {
    const first = withPin(null, rtDetr, { fields: { output: { threshold: 0.3 } } });
    const [stage] = withPin(first, yolos).stages;
    expect(stageOfVariant(stage!, stage!.variants[2]!)).toMatchObject({ output: { threshold: 0.3 } });
  });

  test('leave the pictures as a pack has them', () => {
    const packed = {
      ...withPin(null, rtDetr),
      pack: { file: 'p', sha256: 'f'.repeat(64), source: 'made up' },
    };
    expect(withPin(packed, detr).stages[0]).toMatchObject({ pictures: { height: 640, width: 640 } });
    expect(withPin(packed, detr).stages[0]!.variants[2]).toMatchObject({ input: { height: 800 } });
  });
});

describe('a pin into a stage', () => {
  const first = withPin(null, pinOf('a/fr-en', MARIAN, TRANSLATOR));

  test('keeps what the user chose, and takes models that read more than the stage does', () => {
    const chosen = withPin(first, pinOf('a/fr-en', MARIAN, TRANSLATOR), {
      fields: { input: { length: 64 }, beams: 1, tokensMax: 80 },
    });
    const longer = { ...MARIAN, generation: { max_length: 99, num_beams: 4 } };
    const both = withPin(chosen, pinOf('b/fr-en', longer, TRANSLATOR));
    expect(both.stages[0]).toMatchObject({ input: { length: 64, prefix: '' }, beams: 1, tokensMax: 80 });
    expect(both.stages[0]!.variants).toHaveLength(4);
  });

  test('lets a model that reads less than the stage does read less', () => {
    const short = { ...MARIAN, tokenizer: { model_max_length: 128 } };
    const [stage] = withPin(first, pinOf('b/fr-en', short, TRANSLATOR)).stages;
    expect(stage).toMatchObject({ input: { length: 512 } });
    expect(stage!.variants.map(ownFieldsOf)).toEqual([
      ...[{}, {}],
      ...Array(2).fill({ input: { length: 128, prefix: '' } }),
    ]);
  });

  test('refuses a recognizer of shorter recordings than the stage has', () => {
    const whisper = pinOf('a/whisper', WHISPER, SPEAKER);
    const short = { ...WHISPER, preprocessor: { ...WHISPER.preprocessor, n_samples: 160_000 } };
    expect(() => withPin(withPin(null, whisper), pinOf('b/whisper', short, SPEAKER))).toThrow(
      /share one input\.secondsMax: the model has 10, the stage 30/,
    );
  });

  test('puts before its texts what belongs to the model alone', () => {
    const t5 = {
      ...T5,
      config: { ...T5.config, task_specific_params: { translation: { prefix: 'to English: ' } } },
    };
    const [stage] = withPin(first, pinOf('b/t5', t5, TRANSLATOR, 'translation')).stages;
    expect(stage).toMatchObject({ input: { prefix: '' } });
    expect(stage!.variants[2]).toMatchObject({ input: { prefix: 'to English: ' } });
    expect(ownFieldsOf(stage!.variants[0]!)).toEqual({});
  });

  test('sets what stands before texts, where the task has it', () => {
    const fields = { input: { prefix: 'translate: ' } };
    const t5 = pinOf('a/t5', T5, TRANSLATOR, 'translation');
    expect(withPin(null, t5, { fields }).stages[0]).toMatchObject({ input: { prefix: 'translate: ' } });
    expect(() => withPin(null, pinOf('Xenova/resnet-18'), { fields })).toThrow(/prefix/);
  });
});

describe('the variants of a repository', () => {
  const variantsOf = (
    model: Parameters<typeof modelOf>[1],
    files: Record<string, number>,
    dtypes?: readonly string[],
  ) =>
    hubVariants(
      parseRepository(apiAnswer('a/b', files), 'x'),
      hubStage(modelOf('a/b', model)).stage,
      dtypes?.map((text) => readDtypes(text)!),
    );
  const pathsOf = (...args: Parameters<typeof variantsOf>) =>
    variantsOf(...args).map(({ dtypes, sessions }) => [
      dtypeText(dtypes),
      ...Object.entries(sessions).map(([role, { file }]) => `${role}: ${file.path}`),
    ]);

  test('are named for their data types', () => {
    const suffixes = ['', '_fp16', '_quantized', '_int8', '_uint8', '_q4', '_q4f16', '_bnb4'];
    const files = Object.fromEntries(suffixes.map((suffix) => [`onnx/model${suffix}.onnx`, 1]));
    expect(pathsOf(RESNET, files).map(([dtypes]) => dtypes)).toEqual([
      ...['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'],
    ]);
    expect(pathsOf(RESNET, files, ['q8'])).toEqual([['q8', 'model: onnx/model_quantized.onnx']]);
  });

  test('of an encoder and a decoder prefer the merged decoder, and may mix data types', () => {
    expect(pathsOf(MARIAN, TRANSLATOR, ['q8', 'fp32+q8'])).toEqual([
      [
        'q8',
        'encoder: onnx/encoder_model_quantized.onnx',
        'decoder: onnx/decoder_model_merged_quantized.onnx',
      ],
      ['fp32+q8', 'encoder: onnx/encoder_model.onnx', 'decoder: onnx/decoder_model_merged_quantized.onnx'],
    ]);
    const { 'onnx/decoder_model_merged.onnx': _, ...twoDecoders } = TRANSLATOR;
    expect(pathsOf(MARIAN, twoDecoders, ['fp32'])).toEqual([
      [
        'fp32',
        'encoder: onnx/encoder_model.onnx',
        'decoder: onnx/decoder_model.onnx',
        'decoder-with-past: onnx/decoder_with_past_model.onnx',
      ],
    ]);
  });

  test('have the files that their program reads', () => {
    const [variant] = variantsOf(MARIAN, TRANSLATOR);
    expect(Object.entries(variant!.assets).map(([role, { path }]) => [role, path])).toEqual([
      ['config', 'config.json'],
      ['generation-config', 'generation_config.json'],
      ['tokenizer', 'tokenizer.json'],
      ['tokenizer-config', 'tokenizer_config.json'],
    ]);
    const { 'generation_config.json': _, ...without } = TRANSLATOR;
    expect(() => variantsOf(MARIAN, without)).toThrow(/has no generation_config\.json, which its task needs/);
  });

  test('of data types that are not there are refused with those that are', () => {
    expect(() => variantsOf(RESNET, FILES, ['fp16'])).toThrow('a/b has no model in fp16. It has fp32, q8.');
    expect(() => variantsOf(RESNET, FILES, ['fp32+q8'])).toThrow(/no model in fp32\+q8/);
  });

  test('that are not there are refused with what is missing', () => {
    expect(() => variantsOf(RESNET, { 'onnx/encoder_model.onnx': 1 })).toThrow(NoModelFileError);
    expect(() => variantsOf(RESNET, { 'onnx/encoder_model.onnx': 1 })).toThrow(
      /has no onnx\/model\.onnx.*It has onnx\/encoder_model\.onnx; choose another model/,
    );
    expect(() => variantsOf(MARIAN, { 'onnx/encoder_model.onnx': 1 })).toThrow(
      /encoder_model\.onnx with onnx\/decoder_model_merged\.onnx, or/,
    );
    expect(() => variantsOf(RESNET, { 'model.safetensors': 1 })).toThrow(/converted to ONNX/);
  });

  test('list the files of weights beside a model', () => {
    const data = ['onnx/model.onnx_data', 'onnx/model.onnx_data_1'];
    const files = { ...FILES, [data[0]!]: 1000, [data[1]!]: 900, 'onnx/model.onnx_database': 5 };
    const [fp32, q8] = variantsOf(RESNET, files);
    expect(fp32!.sessions.model!.data.map(({ path }) => path)).toEqual(data);
    expect(q8!.sessions.model!.data).toEqual([]);
    const { variants } = withPin(null, pinOf('a/b', RESNET, files)).stages[0]!;
    expect(variants[0]!.sessions.model!.data).toMatchObject([
      { name: 'model.onnx_data', file: `https://hub/a/b/resolve/${COMMIT}/${data[0]}`, sizeBytes: 1000 },
      { name: 'model.onnx_data_1', sizeBytes: 900 },
    ]);
    expect(sizeBytesOf(variants[0]!)).toBe(70 + 1000 + 900);
  });
});

test('data types as users write them', () => {
  expect(readDtypes('fp16')).toEqual(['fp16']);
  expect(readDtypes('fp32+q8')).toEqual(['fp32', 'q8']);
  for (const wrong of ['', 'fp7', 'fp32+', '+q8', 'fp32+q8+q4', 'fp32,q8'])
    expect(readDtypes(wrong)).toBeNull();
});

test("the data type that a model file's name tells; one that tells none is fp32", () => {
  const named = ['model_q4f16.onnx', 'mine_UINT8.ONNX', 'model_int8.onnx', 'net_fp16_v2.onnx', 'fp16.onnx'];
  expect(named.map(dtypeNamed)).toEqual(['q4f16', 'uint8', 'int8', 'fp32', 'fp32']);
});
