import { describe, expect, test } from 'vitest';
import { StageMismatchError } from '../../../models/hub/errors.ts';
import { withPin } from '../../../models/hub/pin.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import { ownFieldsOf } from '../../../solver/documents/manifest.ts';
import { COMMIT, labels, MARIAN, RESNET, RT_DETR, T5, WHISPER } from './models.ts';
import { namesOf, pinOf, SPEAKER, TRANSLATOR } from './pinned.ts';

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

  test('of a classifier that looks at the middle of a picture asks for pictures with an edge around that', () => {
    const large = { ...RESNET, preprocessor: { ...RESNET.preprocessor, size: { shortest_edge: 384 } } };
    const first = withPin(null, pinOf('a/resnet'));
    expect(first.stages[0]).toMatchObject({ input: { height: 224 }, pictures: { height: 256, width: 256 } });
    const both = withPin(first, pinOf('b/resnet', large));
    expect(both.stages[0]).toMatchObject({ pictures: { height: 384, width: 384 } });
    expect(both.stages[0]!.variants.map(ownFieldsOf)).toEqual([
      ...[{}, {}],
      ...Array(2).fill({ input: expect.not.objectContaining({ crop: expect.anything() }) }),
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
