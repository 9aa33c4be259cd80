import { wrap } from 'comlink';
import type { ItemFormatOf } from '../../../models/items/item-format.ts';
import type { Fit, SizedPicture } from '../../../models/packs/sources/source.ts';
import { rawWorker } from '../../../workers/environment/browser.ts';
import { Lifeline } from '../../../workers/stage/lifeline.ts';
import type { ReadPicture } from './picture-worker.ts';

let started: ReturnType<typeof start> | undefined;

function start() {
  const raw = rawWorker(
    new Worker(new URL('./picture-worker.ts', import.meta.url), { type: 'module', name: 'pictures' }),
  );
  const lifeline = new Lifeline('pictures', raw);
  void lifeline.lost.then(() => {
    started = undefined;
  });
  return { read: wrap<ReadPicture>(raw.endpoint), lifeline };
}

/**
 * Reads a picture file as an item of a stage, as a pack of the picture has it. A web worker decodes and resizes the picture,
 * because that takes seconds for a large one.
 * @throws WorkerLostError; an `Error` that names the problem if the picture cannot be read, because its class is lost on the way
 */
export async function readPicture(
  file: Blob,
  format: ItemFormatOf<'pixels'>,
  fit: Fit,
): Promise<SizedPicture> {
  started ??= start();
  const { read, lifeline } = started;
  return lifeline.call(read(file, format, fit));
}
