import { stat } from 'node:fs/promises';
import sharp from 'sharp';
import { pictureBytes } from '../../models/items/crop.ts';
import { fileProblem, unreadableText } from '../../models/manifests/file-problem.ts';
import { FILE_BYTES_MAX } from '../../models/manifests/load.ts';
import { fitted, type SourceFiles, textIn } from '../../models/packs/sources/source.ts';
import { UnfitDataError } from '../../models/packs/sources/unfit.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { filesIn, readAtMost } from '../../workers/command/files.ts';
import { message } from '../../workers/runtime/errors.ts';

/** Largest text file that is read. COCO's largest has 450 MB, and a string in V8 holds at most 536 million characters. */
const TEXT_BYTES_MAX = 500_000_000;
/** A picture may have at most this many pixels, because even a small file may contain a picture that fills the memory. */
const PIXELS_MAX = 100_000_000;

/** Access to labelled data on disk, for the sources of packs. */
export const onDisk: SourceFiles = {
  async list(folder) {
    const found = await stat(folder).catch((cause) => {
      throw new UsageError(unreadableText(folder, cause), { cause });
    });
    if (!found.isDirectory()) return null;
    return (await filesIn(folder)).sort();
  },
  async text(path) {
    const bytes = await readAtMost(path, TEXT_BYTES_MAX).catch((cause) => {
      throw new UsageError(unreadableText(path, cause), { cause });
    });
    return textIn(bytes, path);
  },
  bytes: (path) => readAtMost(path, FILE_BYTES_MAX),
  async picture(path, format, fit) {
    const bytes = await readAtMost(path, FILE_BYTES_MAX).catch((cause) => {
      throw new UnfitDataError(
        path,
        `it cannot be read: ${fileProblem(cause)}`,
        'Put the picture there, or remove it from the labelled data.',
      );
    });
    const { data, info } = await sharp(bytes, { limitInputPixels: PIXELS_MAX })
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
    const planes = new Uint8Array(pictureBytes({ channels: 3, height, width }));
    const plane = height * width;
    for (let i = 0; i < plane; i++)
      for (let c = 0; c < 3; c++) planes[c * plane + i] = data[i * channels + (channels >= 3 ? c : 0)]!;
    return fitted(planes, width, height, format, fit);
  },
};
