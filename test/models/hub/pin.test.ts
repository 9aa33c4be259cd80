import { describe, expect, test } from 'vitest';
import { parseConfig, parsePreprocessor } from '../../../models/hub/config.ts';
import { ExternalDataError, NoModelFileError, StageMismatchError } from '../../../models/hub/errors.ts';
import { modelFilesOf } from '../../../models/hub/model-files.ts';
import { type Pin, withPin } from '../../../models/hub/pin.ts';
import { parseRepository } from '../../../models/hub/repository.ts';
import { hubStage } from '../../../models/hub/stage.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import { apiAnswer, COMMIT, labels, RESNET, RT_DETR } from './models.ts';

const FILES = { 'onnx/model.onnx': 70, 'onnx/model_quantized.onnx': 20 };

function pinOf(
  id: string,
  { config, preprocessor }: { config: object; preprocessor: object } = RESNET,
  files: Record<string, number> = FILES,
): Pin {
  const repository = parseRepository(apiAnswer(id, files), 'the API');
  return {
    endpoint: 'https://hub',
    repository,
    stage: hubStage(repository, parseConfig(config, 'c'), parsePreprocessor(preprocessor, 'p'), null),
    assets: {},
    models: modelFilesOf(repository).map((model) => ({ ...model, sha256: 'e'.repeat(64) })),
  };
}

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

  test('of other classes does not fit a stage, whatever detections the stage keeps', () => {
    const manifest = withPin(null, pinOf('a/rtdetr', RT_DETR));
    const keeping = parseManifest(
      { ...manifest, stages: manifest.stages.map((stage) => ({ ...stage, keep: ['label 7'] })) },
      'a manifest',
    );
    expect(withPin(keeping, pinOf('b/rtdetr', RT_DETR)).stages[0]).toMatchObject({ keep: ['label 7'] });
    const fewer = { ...RT_DETR, config: { ...RT_DETR.config, id2label: labels(79) } };
    expect(() => withPin(keeping, pinOf('b/rtdetr', fewer))).toThrow(StageMismatchError);
    expect(() => withPin(keeping, pinOf('b/rtdetr', fewer))).toThrow(/share one classes.*--stage/);
  });
});

describe('the models of a repository', () => {
  const modelsOf = (files: Record<string, number>, dtypes?: Parameters<typeof modelFilesOf>[1]) =>
    modelFilesOf(parseRepository(apiAnswer('a/b', files), 'x'), dtypes).map(({ dtype, file }) => [
      dtype,
      file.path,
    ]);

  test('are named for their data types', () => {
    const suffixes = ['', '_fp16', '_quantized', '_int8', '_uint8', '_q4', '_q4f16', '_bnb4'];
    const files = Object.fromEntries(suffixes.map((suffix) => [`onnx/model${suffix}.onnx`, 1]));
    expect(modelsOf(files).map(([dtype]) => dtype)).toEqual([
      'fp32',
      'fp16',
      'q8',
      'int8',
      'uint8',
      'q4',
      'q4f16',
      'bnb4',
    ]);
    expect(modelsOf(files, ['q8'])).toEqual([['q8', 'onnx/model_quantized.onnx']]);
  });

  test('of a data type that is not there are refused with those that are', () => {
    expect(() => modelsOf(FILES, ['fp16'])).toThrow('a/b has no model in fp16. It has fp32, q8.');
  });

  test('of several sessions, or none, are refused', () => {
    expect(() => modelsOf({ 'onnx/encoder_model.onnx': 1 })).toThrow(NoModelFileError);
    expect(() => modelsOf({ 'onnx/encoder_model.onnx': 1 })).toThrow(
      /encoder_model\.onnx.*none runs in one session/,
    );
    expect(() => modelsOf({ 'model.safetensors': 1 })).toThrow(/converted to ONNX/);
  });

  test('with weights in files of their own are refused, unless others are chosen', () => {
    const files = { ...FILES, 'onnx/model.onnx_data': 1000 };
    expect(() => modelsOf(files)).toThrow(ExternalDataError);
    expect(() => modelsOf(files)).toThrow(/onnx\/model\.onnx_data.*--dtypes q8/);
    expect(modelsOf(files, ['q8'])).toHaveLength(1);
  });
});
