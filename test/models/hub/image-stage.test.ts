import { describe, expect, test } from 'vitest';
import { UnsupportedArchitectureError, UnusableConfigError } from '../../../models/hub/errors.ts';
import { DETR, RESNET, RT_DETR, TIMM, VIT, YOLOS } from './models.ts';
import { stageOf } from './stage-of.ts';

describe('the stage of a hub model of pictures', () => {
  test('a classifier: classes, a square of the shorter side, ImageNet normalisation', () => {
    const stage = stageOf(RESNET);
    expect(stage).toMatchObject({
      task: 'image-classification',
      input: {
        channels: 3,
        height: 224,
        width: 224,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      },
    });
    expect((stage.classes as string[])[999]).toBe('label 999');
  });

  test('height and width that differ', () => {
    expect(stageOf(VIT).input).toMatchObject({ height: 224, width: 192, mean: [0.5, 0.5, 0.5] });
  });

  test('a classifier of timm, by the task that its repository names', () => {
    expect(stageOf(TIMM, { repositoryTask: 'image-classification' })).toMatchObject({
      task: 'image-classification',
      classes: ['one', 'two', 'three'],
      input: {
        channels: 3,
        height: 256,
        width: 256,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      },
    });
  });

  test('a detector whose configuration names its type alone', () => {
    const config = { ...RT_DETR.config, architectures: null };
    expect(stageOf({ ...RT_DETR, config })).toMatchObject({ output: { format: 'rt-detr' } });
    expect(() => stageOf({ ...RT_DETR, config }, { repositoryTask: 'image-segmentation' })).toThrow(
      UnsupportedArchitectureError,
    );
  });

  test.each([
    ['DETR', DETR, 'detr', 800, [0.485, 0.456, 0.406]],
    ['YOLOS', YOLOS, 'detr', 512, [0.485, 0.456, 0.406]],
    ['RT-DETR', RT_DETR, 'rt-detr', 640, [0]],
  ] as const)('a detector of the family %s', (_, model, format, side, mean) => {
    expect(stageOf(model)).toMatchObject({
      task: 'object-detection',
      output: { format, threshold: 0.5 },
      input: { height: side, width: side, mean },
    });
  });

  test.each([
    [
      'another architecture',
      { ...RESNET.config, architectures: ['BertForMaskedLM'] },
      /BertForMaskedLM.*DETR, YOLOS or RT-DETR/,
    ],
    [
      'a segmenter of a detector’s type',
      { ...DETR.config, architectures: ['DetrForSegmentation'] },
      /DetrForSegmentation/,
    ],
    [
      'a detector of another family',
      { ...DETR.config, model_type: 'deformable_detr' },
      /DetrForObjectDetection/,
    ],
    ['a type that is a property of every object', { model_type: 'constructor' }, /constructor/],
  ])('%s is refused by name, with what is supported', (_, config, says) => {
    const asking = () => stageOf({ config, preprocessor: RESNET.preprocessor });
    expect(asking).toThrow(UnsupportedArchitectureError);
    expect(asking).toThrow(says);
  });

  test.each([
    ['a class without a number', { id2label: { 0: 'a', 2: 'c' } }, {}, /2 classes .* class 1 is missing/],
    ['no classes', { id2label: null }, {}, /names no classes/],
    ['four channels', { num_channels: 4 }, {}, /4 channels/],
    ['blue before red', {}, { do_flip_channel_order: true }, /blue before red/],
    ['no size', {}, { size: null }, /states no size/],
    ['a normalisation without its numbers', {}, { image_std: null }, /no image_mean and image_std/],
  ])('%s is refused', (_, config, preprocessor, says) => {
    const asking = () =>
      stageOf({
        config: { ...RESNET.config, ...config },
        preprocessor: { ...RESNET.preprocessor, ...preprocessor },
      });
    expect(asking).toThrow(UnusableConfigError);
    expect(asking).toThrow(says);
  });

  test('a classifier without any word on its images is refused', () => {
    expect(() => stageOf({ config: RESNET.config })).toThrow(/no preprocessor_config.json/);
  });
});
