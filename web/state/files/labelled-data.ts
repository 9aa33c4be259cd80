import { pathOf } from '../../../models/hub/given/given-file.ts';
import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { cocoPictures, fromCoco, fromFolders } from '../../../models/packs/sources/pictures.ts';
import { fromQuestions } from '../../../models/packs/sources/questions.ts';
import { fromRecordings } from '../../../models/packs/sources/recordings.ts';
import type { SourceOptions } from '../../../models/packs/sources/source.ts';
import { fromTexts } from '../../../models/packs/sources/texts.ts';
import { UnfitDataError } from '../../../models/packs/sources/unfit.ts';
import { packBytes } from '../../../models/packs/write.ts';
import { givenFiles } from './given-files.ts';

/** A pack has at most this many items, because measuring the accuracy on more would take long. */
const ITEMS_MAX = 500;
const SEED = 1;

interface MadePack {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the data is from, for the manifest. */
  readonly from: string;
}

/**
 * Makes a pack of labelled data: a folder of pictures by class, boxes in the COCO format with their pictures, JSON lines of texts
 * or questions, or sounds with transcripts.
 * @param onItem called after each item
 * @throws UnfitDataError, InvalidDocumentError
 */
export async function packOfData(
  given: readonly File[],
  pipeline: Pipeline,
  onItem: SourceOptions['onItem'],
): Promise<MadePack> {
  const files = givenFiles(given);
  const options = { pipeline, files, limit: ITEMS_MAX, seed: SEED, onItem };
  const paths = given.map(pathOf);
  const folder = labelledFolder(paths);
  const from = folder.split('/').at(-2) ?? paths[0]!.split('/')[0]!;
  const made = async (source: string, tensors: ReturnType<typeof fromTexts>): Promise<MadePack> => ({
    bytes: await packBytes(await tensors),
    from: source,
  });
  const lines = paths.find((path) => /\.(jsonl|ndjson)$/i.test(path));
  if (lines) {
    const [first = ''] = (await files.text(lines)).split('\n', 1);
    if (/"audio"\s*:/.test(first)) return made(lines, fromRecordings(lines, options));
    return made(
      lines,
      /"question"\s*:/.test(first) && /"context"\s*:/.test(first)
        ? fromQuestions(lines, options)
        : fromTexts(lines, options),
    );
  }
  if (paths.some((path) => path.endsWith('.trans.txt'))) return made(from, fromRecordings(folder, options));
  const coco = paths.find((path) => /\.json$/i.test(path));
  if (coco)
    return made(
      coco,
      fromCoco(coco, pictureFolder(paths, cocoPictures(await files.text(coco), coco)), options),
    );
  if (paths.some((path) => path.slice(folder.length).includes('/')))
    return made(from, fromFolders(folder, options));
  throw new UnfitDataError(
    from,
    'this page finds no labels in it',
    'Choose a folder with a folder of pictures for each class, JSON lines (.jsonl), or sounds with their transcripts.',
  );
}

/**
 * The folder that contains the folders of the classes: the deepest folder that all files share or, if all files lie directly in
 * it, the parent of that folder.
 */
export function labelledFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const shared = folders.reduce((some, folder) => {
    const end = some.findIndex((name, i) => name !== folder[i]);
    return end < 0 ? some : some.slice(0, end);
  });
  const above = folders.every(({ length }) => length === shared.length) ? shared.slice(0, -1) : shared;
  return above.map((name) => `${name}/`).join('');
}

/** The folder to which the paths of pictures in a COCO file are relative, found by the first picture. */
function pictureFolder(paths: readonly string[], names: readonly string[]): string {
  const [name = ''] = names;
  const picture = paths.find((path) => `/${path}`.endsWith(`/${name}`)) ?? name;
  return picture.slice(0, -name.length - 1) || '.';
}
