import sharp from 'sharp';
import { type Box, cropResize, pixelCount } from '../../models/items/crop.ts';
import type { Item } from '../../models/items/item-batch.ts';
import type { ItemFormatOf } from '../../models/items/item-format.ts';
import { message } from '../../workers/runtime/errors.ts';
import { UnfitDataError } from './unfit.ts';

/** Most pixels of a picture, because even a small file may contain a picture that fills the memory. */
const PIXELS_MAX = 100_000_000;

/**
 * Reads a picture file and resizes it to a stage's format, in the same way as stages resize crops.
 * @param crop `centre` keeps the largest central rectangle of the format's shape; `none` stretches the whole picture
 * @returns the picture as an item, and the size of the file's picture in pixels
 * @throws UnfitDataError
 */
export async function readPicture(
  path: string,
  format: ItemFormatOf<'pixels'>,
  crop: 'centre' | 'none',
): Promise<{ item: Item; width: number; height: number }> {
  const { data, info } = await sharp(path, { limitInputPixels: PIXELS_MAX })
    .rotate() // upright, by its EXIF orientation
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause) => {
      throw new UnfitDataError(
        path,
        `it cannot be read as a picture (${message(cause)})`,
        'Remove the file.',
      );
    });
  const { width, height, channels } = info;
  const shape = { channels: 3, height, width };
  const planes = new Uint8Array(pixelCount(shape));
  const plane = height * width;
  for (let i = 0; i < plane; i++)
    for (let c = 0; c < 3; c++) planes[c * plane + i] = data[i * channels + (channels >= 3 ? c : 0)]!;
  const item = new Uint8Array(pixelCount(format));
  cropResize(
    planes,
    shape,
    crop === 'centre' ? middle(width, height, format) : whole(width, height),
    item,
    format,
  );
  return { item, width, height };
}

const whole = (width: number, height: number): Box => ({ x0: 0, y0: 0, x1: width, y1: height });

/** The largest central rectangle of a picture with the shape of a stage's format. */
function middle(width: number, height: number, to: ItemFormatOf<'pixels'>): Box {
  const scale = Math.min(width / to.width, height / to.height);
  const [w, h] = [scale * to.width, scale * to.height];
  return { x0: (width - w) / 2, y0: (height - h) / 2, x1: (width + w) / 2, y1: (height + h) / 2 };
}
