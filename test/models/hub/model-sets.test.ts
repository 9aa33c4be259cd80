import { expect, test } from 'vitest';
import { AssetsAloneError, modelSets } from '../../../models/hub/given/model-sets.ts';

const sets = (...names: string[]) => {
  const { sets: found, assets } = modelSets(names.map((name) => new File(['x'], name)));
  return {
    models: found.map(({ name, sessions }) => [
      name,
      ...[...sessions].map(([role, { file, weights }]) =>
        [role, file.name, ...weights.map((one) => one.name)].join(' '),
      ),
    ]),
    assets: [...assets.keys()],
  };
};

test('a model stands alone, with its weights; its tokenizer and configuration come beside it', () => {
  expect(
    sets('tokenizer.json', 'mine_fp16.onnx', 'mine_fp16.onnx_data', 'tokenizer_config.json', 'config.json'),
  ).toEqual({
    models: [['mine_fp16.onnx', 'model mine_fp16.onnx mine_fp16.onnx_data']],
    assets: ['tokenizer.json', 'tokenizer_config.json', 'config.json'],
  });
  expect(sets('a.onnx', 'b.onnx').models).toEqual([
    ['a.onnx', 'model a.onnx'],
    ['b.onnx', 'model b.onnx'],
  ]);
});

test('an encoder and its decoder are one model; the merged decoder is preferred', () => {
  const files = ['decoder_model.onnx', 'encoder_model.onnx', 'decoder_with_past_model.onnx'];
  expect(sets(...files).models).toEqual([
    [
      'own-fp32',
      'decoder decoder_model.onnx',
      'encoder encoder_model.onnx',
      'decoder-with-past decoder_with_past_model.onnx',
    ],
  ]);
  expect(sets(...files, 'decoder_model_merged.onnx').models).toEqual([
    ['own-fp32', 'encoder encoder_model.onnx', 'decoder decoder_model_merged.onnx'],
  ]);
  expect(sets('encoder_model.onnx', 'decoder_model_merged_quantized.onnx').models).toEqual([
    ['own-fp32+q8', 'encoder encoder_model.onnx', 'decoder decoder_model_merged_quantized.onnx'],
  ]);
});

test('of several data types each has its own encoder and decoder', () => {
  const files = ['', '_fp16'].flatMap((dtype) => [
    `encoder_model${dtype}.onnx`,
    `decoder_model_merged${dtype}.onnx`,
  ]);
  expect(sets(...files).models.map(([name]) => name)).toEqual(['own-fp32', 'own-fp16']);
});

test.each([[['tokenizer.json']], [['a.onnx', 'tokenizer.json', 'tokenizer.json']]])(
  'of %s it is not known to which model they belong',
  (names) => {
    expect(() => sets(...names)).toThrow(AssetsAloneError);
    expect(() => sets(...names)).toThrow(/tokenizer\.json.*one model at a time/);
  },
);
