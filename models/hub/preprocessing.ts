import { type PictureInput, type PictureStage, sameShape, wholePicture } from '../tasks/pictures.ts';
import { heightAndWidth, type ModelConfig, type PreprocessorConfig } from './config.ts';
import { UnusableConfigError } from './errors.ts';
import type { Fields } from './fields.ts';

export type HubInput = Pick<PictureInput, 'channels' | 'height' | 'width' | 'mean' | 'std'>;

/**
 * How a hub model takes pictures: their size, and `mean` and `std` such that (pixel / 255 − mean) / std equals the value that the
 * model's own preprocessor computes, (pixel · rescale_factor − image_mean) / image_std.
 * @param preprocessor null for a repository without `preprocessor_config.json`
 * @param source names the repository in errors
 * @throws UnusableConfigError
 */
export function imageInputOf(
  config: ModelConfig,
  preprocessor: PreprocessorConfig | null,
  source: string,
): HubInput {
  const channels = config.num_channels ?? config.pretrained_cfg?.input_size[0] ?? 3;
  if (channels !== 1 && channels !== 3)
    throw new UnusableConfigError(
      source,
      `takes pictures of ${channels} channels, where 1 or 3 are expected`,
    );
  if (preprocessor)
    return { channels, ...sizeOf(config, preprocessor, source), ...normalisationOf(preprocessor, source) };
  const timm = config.pretrained_cfg;
  if (!timm)
    throw new UnusableConfigError(
      source,
      'has no preprocessor_config.json that says how pictures are prepared',
    );
  const [, height, width] = timm.input_size;
  return { channels, height, width, mean: [timm.mean].flat(), std: [timm.std].flat() };
}

/**
 * The central part of a picture that a classifier sees, as a fraction of height and width; absent if it sees the whole picture.
 */
export function cropOf(
  { pretrained_cfg: timm }: ModelConfig,
  preprocessor: PreprocessorConfig | null,
): Pick<PictureInput, 'crop'> {
  const crop = preprocessor ? preprocessorCrop(preprocessor) : (timm?.crop_pct ?? 1);
  return crop < 1 ? { crop } : {};
}

/** The preprocessor of ConvNeXt and ResNet crops pictures only for models whose input is narrower than this, in pixels. */
const UNCROPPED_SIDE = 384;

function preprocessorCrop({ size, crop_pct, do_center_crop, crop_size }: PreprocessorConfig): number {
  if (!size) return 1;
  const { height } = heightAndWidth(size);
  if (crop_pct) return height < UNCROPPED_SIDE ? crop_pct : 1;
  return do_center_crop && crop_size ? heightAndWidth(crop_size).height / height : 1;
}

/**
 * Gives a stage and a model one size of pictures: as large as the largest input of a variant or, if a pack has the stage's
 * pictures, the size of those.
 * @param measured whether a pack has the stage's pictures
 */
export function withPictures(stage: Fields, model: Fields, measured: boolean) {
  const { input, pictures } = stage as unknown as Pick<PictureStage, 'input' | 'pictures'>;
  const { input: own } = model as unknown as Pick<PictureStage, 'input'>;
  const { channels, height, width } = pictures ?? (measured ? input : wholePicture(input));
  const whole = wholePicture(own);
  const larger = {
    channels: Math.max(channels, whole.channels),
    height: Math.max(height, whole.height),
    width: Math.max(width, whole.width),
  };
  const both = measured ? { channels, height, width } : larger;
  if (!pictures && sameShape(both, input) && sameShape(both, own)) return { stage, model };
  return { stage: { ...stage, pictures: both }, model: { ...model, pictures: both } };
}

function sizeOf(
  config: ModelConfig,
  { do_center_crop, crop_size, size }: PreprocessorConfig,
  source: string,
) {
  const given = (do_center_crop && crop_size) || size || config.image_size;
  if (!given) throw new UnusableConfigError(source, 'states no size of pictures');
  return heightAndWidth(given);
}

function normalisationOf(preprocessor: PreprocessorConfig, source: string): Pick<HubInput, 'mean' | 'std'> {
  const { do_normalize, image_mean, image_std } = preprocessor;
  if (preprocessor.do_flip_channel_order)
    throw new UnusableConfigError(source, 'takes pictures with blue before red, where red comes first');
  const normalised = do_normalize ?? image_mean != null;
  if (normalised && (image_mean == null || image_std == null))
    throw new UnusableConfigError(source, 'normalises pictures, but states no image_mean and image_std');
  const mean = normalised ? [image_mean!].flat() : [0];
  const std = normalised ? [image_std!].flat() : [1];
  const rescaled = preprocessor.do_rescale !== false;
  // The value of a white pixel before normalisation.
  const white = rescaled ? 255 * (preprocessor.rescale_factor ?? 1 / 255) : 255;
  const offset = rescaled && preprocessor.rescale_offset ? 1 : 0;
  // EfficientNet's preprocessor divides by the standard deviation twice, unless include_top is false.
  const twice =
    /^EfficientNet/.test(preprocessor.image_processor_type ?? '') && preprocessor.include_top !== false;
  return {
    mean: mean.map((value) => exact((value + offset) / white)),
    std: std.map((value) => exact((twice ? value * value : value) / white)),
  };
}

/** Removes the rounding error of a division, e.g. of 0.485 by 255 · 0.00392156862745098. */
const exact = (value: number): number => Number(value.toPrecision(12));
