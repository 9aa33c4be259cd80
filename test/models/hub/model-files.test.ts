import { describe, expect, test } from 'vitest';
import { dtypeText, readDtypes } from '../../../models/hub/dtypes.ts';
import { NoModelFileError } from '../../../models/hub/errors.ts';
import { hubVariants } from '../../../models/hub/model-files.ts';
import { withPin } from '../../../models/hub/pin.ts';
import { parseRepository } from '../../../models/hub/repository.ts';
import { hubStage } from '../../../models/hub/stage.ts';
import { sizeBytesOf } from '../../../solver/documents/manifest.ts';
import { apiAnswer, COMMIT, MARIAN, modelOf, RESNET } from './models.ts';
import { FILES, pinOf, TRANSLATOR } from './pinned.ts';

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

  test('list weights that are named with a point too', () => {
    const [fp32] = variantsOf(RESNET, { ...FILES, 'onnx/model.onnx.data': 1000 });
    expect(fp32!.sessions.model!.data).toMatchObject([{ path: 'onnx/model.onnx.data' }]);
  });
});
