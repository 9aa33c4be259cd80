import { expect, test } from 'vitest';
import { describeFiles } from '../../../models/hub/describe.ts';
import { dtypeText } from '../../../models/hub/dtypes.ts';
import { pathOf } from '../../../models/hub/given/given-file.ts';
import { modelFolders } from '../../../models/hub/given/model-folders.ts';
import type { HubVariant } from '../../../models/hub/model-files.ts';
import { fileAt } from '../../file-at.ts';
import { identityModel } from '../../onnx.ts';
import { externalConstant, model, node } from '../../onnx-graph.ts';
import { MARIAN, RESNET } from './models.ts';

/** Reads folders of models that a user gives in the same way as repositories of the hub. */

const jsonAt = (path: string, content: object = {}): File => fileAt(path, JSON.stringify(content));

/** A model whose scores are what it gets. */
const MODEL = identityModel('float32', ['batch', 3]);

const classifier = (folder: string, ...models: string[]): File[] => [
  jsonAt(`${folder}config.json`, RESNET.config),
  jsonAt(`${folder}preprocessor_config.json`, RESNET.preprocessor),
  ...models.map((model) => fileAt(folder + model, MODEL)),
];

const translator = (folder: string, ...models: string[]): File[] => [
  jsonAt(`${folder}config.json`, MARIAN.config),
  jsonAt(`${folder}tokenizer_config.json`, MARIAN.tokenizer),
  ...['tokenizer.json', 'generation_config.json'].map((name) => jsonAt(folder + name)),
  ...models.map((model) => fileAt(folder + model, MODEL)),
];

const READER = {
  bytes: async (file: File) => new Uint8Array(await file.arrayBuffer()),
  addressOf: pathOf,
};

/** Returns the paths of the model files in each folder. */
const modelPaths = (...files: File[]) =>
  Promise.all(
    modelFolders(files, READER).map(async (folder) => {
      const [{ sessions }] = (await describeFiles(folder)).variants as [HubVariant];
      return Object.values(sessions).flatMap(({ file, data }) =>
        [file, ...data].map(({ path }) => folder.addressOf(path)),
      );
    }),
  );

/** Returns what the folders are found to have: task, name, data types and files by role. */
const found = (...files: File[]) =>
  Promise.all(
    modelFolders(files, READER).map(async (folder) => {
      const { kind, repository, variants } = await describeFiles(folder);
      const [{ dtypes, sessions, assets }] = variants as [(typeof variants)[0]];
      const models = Object.entries(sessions).map(
        ([role, { file, data }]) => `${role} ${[file, ...data].map(({ path }) => path).join(' ')}`,
      );
      return [kind.task, repository.id, dtypeText(dtypes), ...models, ...Object.keys(assets)];
    }),
  );

test('a folder in the layout of the hub gives its name to a variant for each data type', async () => {
  const files = classifier(
    'my/resnet-18/',
    'onnx/model.onnx',
    'onnx/model.onnx_data',
    'onnx/model_fp16.onnx',
  );
  expect(await found(...files)).toEqual([
    ['image-classification', 'resnet-18', 'fp32', 'model model.onnx model.onnx_data'],
    ['image-classification', 'resnet-18', 'fp16', 'model model_fp16.onnx'],
  ]);
});

test('a folder of the cache of the hub gives the name of its model, not that of the commit', async () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  for (const [folder, name] of [
    ['models--microsoft--resnet-18', 'resnet-18'],
    ['hub/models--gpt2', 'gpt2'],
  ])
    expect(await found(...classifier(`${folder}/snapshots/${commit}/`, 'onnx/model.onnx'))).toEqual([
      ['image-classification', name, 'fp32', 'model model.onnx'],
    ]);
});

test('models of other names keep them, in a folder or without one', async () => {
  for (const folder of ['', 'some/'])
    expect(await found(...classifier(folder, 'small.onnx', 'large_quantized.onnx'))).toEqual([
      ['image-classification', 'large', 'q8', 'model large_quantized.onnx'],
      ['image-classification', 'small', 'fp32', 'model small.onnx'],
    ]);
});

test('a model whose name tells no data type has that of its contents', async () => {
  const scores = { type: 'float32', dims: ['batch', 3] } as const;
  const quantised = model([node('MatMulInteger', ['image'], 'out')], [], scores, scores);
  const [config, preprocessor] = classifier('my/');
  expect(await found(config!, preprocessor!, fileAt('my/model.onnx', quantised))).toEqual([
    ['image-classification', 'my', 'q8', 'model model.onnx'],
  ]);
  const parts = translator('t/', 'encoder_model.onnx');
  const [[, , dtypes]] = (await found(...parts, fileAt('t/decoder_model_merged.onnx', quantised))) as [
    string[],
  ];
  expect(dtypes).toBe('fp32+q8');
});

test('each of several folders has its own configuration; one in a folder below is left out', async () => {
  const files = [
    ...classifier('pictures/', 'model.onnx'),
    jsonAt('pictures/1_Pooling/config.json', {}),
    ...translator('texts/', 'onnx/encoder_model.onnx', 'onnx/decoder_model_merged_quantized.onnx'),
  ];
  expect(await found(...files.reverse())).toEqual([
    ['image-classification', 'pictures', 'fp32', 'model model.onnx'],
    [
      ...['translation', 'texts', 'fp32+q8', 'encoder encoder_model.onnx'],
      ...['decoder decoder_model_merged_quantized.onnx', 'config', 'generation-config'],
      ...['tokenizer', 'tokenizer-config'],
    ],
  ]);
});

test('a model gets only the weights and the decoder of its own folder', async () => {
  const weighted = ['fp16', 'fp32'].flatMap((folder) => [
    `${folder}/model.onnx`,
    `${folder}/model.onnx_data`,
  ]);
  expect(await modelPaths(...classifier('m/', ...weighted))).toEqual([
    ['m/fp16/model.onnx', 'm/fp16/model.onnx_data'],
    ['m/fp32/model.onnx', 'm/fp32/model.onnx_data'],
  ]);
  const parts = ['base', 'tuned'].flatMap((folder) =>
    ['encoder_model', 'decoder_model_merged'].map((part) => `${folder}/${part}.onnx`),
  );
  expect(await modelPaths(...translator('t/', ...parts))).toEqual([
    ['t/base/encoder_model.onnx', 't/base/decoder_model_merged.onnx'],
    ['t/tuned/encoder_model.onnx', 't/tuned/decoder_model_merged.onnx'],
  ]);
});

test('an encoder and a decoder that have a folder each are one model', async () => {
  const parts = ['encoder/encoder_model.onnx', 'decoder/decoder_model_merged.onnx'];
  expect(await modelPaths(...translator('t/', ...parts))).toEqual([parts.map((part) => `t/${part}`)]);
});

test('a decoder in another folder does not replace that of a model', async () => {
  const parts = ['encoder_model.onnx', 'decoder_model_merged.onnx', 'old/decoder_model_merged.onnx'];
  await expect(modelPaths(...translator('t/', ...parts))).rejects.toThrow(
    /t has decoder_model_merged\.onnx, and translation needs encoder_model\.onnx/,
  );
});

test('weights in another folder than their model are refused', () => {
  expect(() => modelFolders(classifier('m/', 'a/model.onnx', 'b/model.onnx_data'), READER)).toThrow(
    /model\.onnx_data has weights of the model model\.onnx\. Give both together, with the folders and names/,
  );
});

test.each([
  ['model.onnx_data', 'which is not beside it. Give both together.'],
  ['./model.onnx_data', 'which is not beside it. Give both together.'],
  [
    'weights.bin',
    'and weights are looked for only in files named after their model. Save it anew with its weights in model.onnx.data.',
  ],
])(
  'a model that keeps weights in %s, which is not a weight file beside it, is refused',
  async (weights, why) => {
    const value = { type: 'float32', dims: [1] } as const;
    const kept = externalConstant('w', [1], weights);
    const apart = model([node('Add', ['image', 'w'], 'out')], [kept], value, value);
    const told = `model.onnx keeps weights in ${weights.replace('./', '')}, ${why}`;
    await expect(modelPaths(...classifier('m/'), fileAt('m/model.onnx', apart))).rejects.toThrow(told);
  },
);

test('a decoder without its encoder is refused, and so is a model without its configuration', async () => {
  await expect(found(...translator('texts/', 'decoder_model_merged.onnx'))).rejects.toThrow(
    /texts has decoder_model_merged\.onnx, and translation needs encoder_model\.onnx with decoder_model_merged\.onnx/,
  );
  await expect(found(jsonAt('mine/model.onnx'))).rejects.toThrow(/has no config\.json/);
});

test('a classifier in the layout of the hub gives probabilities if it ends in a Softmax', async () => {
  const scores = { type: 'float32', dims: ['batch', 3] } as const;
  const ending = (operator: string) => model([node(operator, ['image'], 'out')], [], scores, scores);
  for (const [operator, expected] of [
    ['Softmax', 'probabilities'],
    ['Identity', 'logits'],
  ] as const) {
    const files = [...classifier(''), fileAt('own.onnx', ending(operator))];
    const [folder] = modelFolders(files, READER);
    expect((await describeFiles(folder!)).stage).toMatchObject({ scores: expected });
  }
});
