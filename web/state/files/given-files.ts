import { pathOf } from '../../../models/hub/given/given-file.ts';
import { type SourceFiles, textIn } from '../../../models/packs/sources/source.ts';
import { UnfitDataError } from '../../../models/packs/sources/unfit.ts';
import { WorkerLostError } from '../../../workers/runtime/errors.ts';
import { readPicture } from '../own/picture.ts';
import { checkSize } from './file-size.ts';

/** A file of labelled data has at most this many bytes. */
const BYTES_MAX = 500_000_000;

/** Makes the files that a user chose readable as labelled data. */
export function givenFiles(given: readonly File[]): SourceFiles {
  const byPath = new Map(given.map((file) => [pathOf(file), file]));
  const find = (path: string): File => {
    const file = byPath.get(path.replace(/^(\.?\/)+/, '').replaceAll('/./', '/'));
    if (!file) throw new UnfitDataError(path, 'it is not among the chosen files', 'Choose it too.');
    checkSize(file, BYTES_MAX);
    return file;
  };
  const bytes = async (path: string) => new Uint8Array(await find(path).arrayBuffer());
  return {
    async list(folder) {
      const own = [...byPath.keys()].filter((path) => path.startsWith(folder) && path !== folder).sort();
      return own.length > 0 ? own : null;
    },
    text: async (path) => textIn(await bytes(path), path),
    bytes,
    picture: async (path, format, fit) =>
      readPicture(find(path), format, fit).catch((cause: Error) => {
        if (cause instanceof WorkerLostError) throw cause;
        throw new UnfitDataError(path, cause.message, 'Remove the file.');
      }),
  };
}
