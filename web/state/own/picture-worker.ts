import { expose, transfer } from 'comlink';
import type { ItemFormatOf } from '../../../models/items/item-format.ts';
import { type Fit, fitted } from '../../../models/packs/sources/source.ts';

/** A file is not a picture that the browser can decode, or has too many pixels. */
class UnreadablePictureError extends Error {
  override name = 'UnreadablePictureError';
  constructor(problem: string, options?: ErrorOptions) {
    super(
      `The picture cannot be used: ${problem}. Save it as a JPEG, PNG or WebP file, or make it smaller.`,
      options,
    );
  }
}

/** A picture has at most this many pixels, because some browsers draw none that is much larger. */
const PIXELS_MAX = 60_000_000;

/** Decodes a picture file and resizes it. Transparent parts are white. @throws UnreadablePictureError */
async function readPicture(file: Blob, format: ItemFormatOf<'pixels'>, fit: Fit) {
  const { planes, width, height } = await planesOfPicture(file);
  const sized = fitted(planes, width, height, format, fit);
  return transfer(sized, [sized.item.buffer]);
}

interface Planes {
  /** R, G and B, one after the other. */
  readonly planes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function planesOfPicture(file: Blob): Promise<Planes> {
  const bitmap = await createImageBitmap(file).catch((cause) => {
    throw new UnreadablePictureError('this browser finds no picture that it can decode', { cause });
  });
  try {
    const { width, height } = bitmap;
    if (width * height > PIXELS_MAX)
      throw new UnreadablePictureError(
        `it has ${Math.round((width * height) / 1e6)} million pixels, and ${PIXELS_MAX / 1e6} million can be read`,
      );
    const canvas = new OffscreenCanvas(width, height).getContext('2d')!;
    canvas.fillStyle = 'white';
    canvas.fillRect(0, 0, width, height);
    canvas.drawImage(bitmap, 0, 0);
    return { planes: planesOf(canvas.getImageData(0, 0, width, height).data), width, height };
  } finally {
    bitmap.close();
  }
}

/** The planes R, G and B of a canvas's pixels. */
function planesOf(rgba: Uint8ClampedArray): Uint8Array {
  const plane = rgba.length / 4;
  const planes = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) for (let c = 0; c < 3; c++) planes[c * plane + i] = rgba[4 * i + c]!;
  return planes;
}

export type ReadPicture = typeof readPicture;

expose(readPicture);
