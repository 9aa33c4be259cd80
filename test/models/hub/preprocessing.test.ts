import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modelConfig, preprocessorConfig } from '../../../models/hub/config.ts';
import { imageInputOf } from '../../../models/hub/preprocessing.ts';
import type { PictureInput } from '../../../models/tasks/pictures.ts';
import { RESNET, TIMM, VIT } from './models.ts';
import { stageOf } from './stage-of.ts';

/** Returns the input, as a manifest states it, of an image model of the hub. */
const inputOf = (...args: Parameters<typeof stageOf>) => stageOf(...args).input as PictureInput;

test('mean and std give what the preprocessor gives, for each pixel', () => {
  const channel = fc.double({ min: 0.01, max: 2, noNaN: true });
  fc.assert(
    fc.property(
      channel,
      channel,
      fc.option(fc.double({ min: 1e-3, max: 1, noNaN: true }), { nil: undefined }),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 0, max: 255 }),
      (mean, std, factor, rescaled, normalised, centred, pixel) => {
        const {
          mean: [m],
          std: [s],
        } = imageInputOf(
          modelConfig.parse({}),
          preprocessorConfig.parse({
            ...{ size: 8, image_mean: [mean], image_std: [std], rescale_factor: factor },
            ...{ do_rescale: rescaled, do_normalize: normalised, rescale_offset: centred },
          }),
          'owner/model',
        );
        const scaled = rescaled ? pixel * (factor ?? 1 / 255) - (centred ? 1 : 0) : pixel;
        const expected = normalised ? (scaled - mean) / std : scaled;
        expect((pixel / 255 - m!) / s!).toBeCloseTo(expected, 6);
      },
    ),
  );
});

test('EfficientNet divides by the standard deviation twice', () => {
  const efficient = { ...RESNET.preprocessor, image_processor_type: 'EfficientNetImageProcessor' };
  const stdOf = (preprocessor: object) => inputOf({ config: RESNET.config, preprocessor }).std[0];
  expect(stdOf(efficient)).toBeCloseTo(0.229 ** 2, 10);
  expect(stdOf({ ...efficient, include_top: false })).toBe(0.229);
});

test.each<[string, Parameters<typeof stageOf>[0], number | undefined]>([
  ["ConvNeXt's preprocessor", RESNET, 0.875],
  [
    "ConvNeXt's preprocessor of large pictures",
    { ...RESNET, preprocessor: { ...RESNET.preprocessor, size: { shortest_edge: 384 } } },
    undefined,
  ],
  [
    'a crop of fewer pixels than the picture is resized to',
    { ...VIT, preprocessor: { ...VIT.preprocessor, size: 256, do_center_crop: true, crop_size: 192 } },
    0.75,
  ],
  ['no crop', VIT, undefined],
  [
    'a crop that its preprocessor leaves out',
    { ...VIT, preprocessor: { ...VIT.preprocessor, size: 256, do_center_crop: false, crop_size: 192 } },
    undefined,
  ],
  [
    'a crop of no size',
    { ...VIT, preprocessor: { ...VIT.preprocessor, size: 256, do_center_crop: true } },
    undefined,
  ],
  [
    'a size that only its configuration states',
    { ...VIT, preprocessor: { ...VIT.preprocessor, size: null } },
    undefined,
  ],
])('what a classifier looks at of a picture: %s', (_, model, crop) => {
  expect(inputOf(model).crop).toBe(crop);
});

test('what a classifier of timm looks at of a picture', () => {
  const task = { repositoryTask: 'image-classification' };
  expect(inputOf(TIMM, task).crop).toBe(0.95);
  const { pretrained_cfg: known } = TIMM.config;
  const whole = { config: { ...TIMM.config, pretrained_cfg: { ...known, crop_pct: null } } };
  expect(inputOf(whole, task).crop).toBeUndefined();
});

test('a model takes pictures as large as its crop or, without one, as its preprocessor or configuration says', () => {
  const sizeOf = (preprocessor: object) => {
    const { height, width } = inputOf({ ...VIT, preprocessor: { ...VIT.preprocessor, ...preprocessor } });
    return [height, width];
  };
  const crop_size = { height: 192, width: 160 };
  expect(sizeOf({ size: 256, do_center_crop: true, crop_size })).toEqual([192, 160]);
  expect(sizeOf({ size: 256, do_center_crop: false, crop_size })).toEqual([256, 256]);
  expect(sizeOf({ size: null })).toEqual([224, 224]);
});

test('a model takes as many channels as its configuration says, or three', () => {
  const task = { repositoryTask: 'image-classification' };
  const grey = { image_mean: [0.5], image_std: [0.5] };
  const channelsOf = (num_channels: number | null) =>
    inputOf({
      config: { ...VIT.config, num_channels },
      preprocessor: { ...VIT.preprocessor, ...(num_channels === 1 && grey) },
    }).channels;
  expect([1, 3, null].map(channelsOf)).toEqual([1, 3, 3]);
  const timm = { ...TIMM.config.pretrained_cfg, input_size: [1, 28, 28], mean: [0.5], std: [0.5] };
  expect(inputOf({ config: { ...TIMM.config, pretrained_cfg: timm } }, task).channels).toBe(1);
});

test('a preprocessor that states a mean normalises, unless it says otherwise', () => {
  const meanOf = (do_normalize: boolean | null) =>
    inputOf({ ...VIT, preprocessor: { ...VIT.preprocessor, do_normalize } }).mean;
  expect(meanOf(null)).toEqual([0.5, 0.5, 0.5]);
  expect(meanOf(false)).toEqual([0]);
});
