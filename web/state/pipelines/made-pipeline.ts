import type { ItemKind } from '../../../models/items/item-format.ts';
import { freeName } from '../../../models/manifests/edit.ts';
import { withFiles } from '../../../models/manifests/load.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { packEntry } from '../../../models/packs/entry.ts';
import { stageItems } from '../../../models/packs/labelled-items.ts';
import { type Pack, packOf } from '../../../models/packs/pack.ts';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import { bytesOf } from '../files/file-size.ts';
import { isPack } from '../files/kinds.ts';
import { packOfData } from '../files/labelled-data.ts';
import { type Addition, lastAdded } from './adding.ts';
import { ownPipelines, setChosen, usedNames } from './pipelines.ts';

/** A pipeline that the page made of models, without a manifest. */
export interface MadePipeline {
  readonly manifest: Manifest;
  /** The models' files by their SHA-256. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** A text about the models: inputs, outputs and operators of the first model, and what the page has found out about all. */
  readonly words: string;
  /** Absent where no labelled data was given. */
  readonly labelled?: PackedData | undefined;
}

interface PackedData {
  readonly entry: NonNullable<Manifest['pack']>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pack: Pack;
}

/**
 * Reads a pack, or makes one from labelled data.
 * @throws UnfitDataError, InvalidDocumentError, InvalidPackError, FileTooLargeError
 */
export async function packedData(
  data: readonly File[],
  pipeline: Pipeline,
  step: Addition['step'],
): Promise<PackedData> {
  const [file] = data;
  const { bytes, from } =
    data.length === 1 && (await isPack(file!))
      ? { bytes: await bytesOf(file!), from: file!.name }
      : await packOfData(data, pipeline, (done, total) =>
          step(`Reading labelled items: ${done} of ${total}`),
        );
  step(`Checking ${from}`);
  const pack = await packOf(bytes, from, pipeline);
  // Refuses a pack with which not every stage can be measured.
  await stageItems(pack, pipeline);
  return { bytes, pack, entry: await packEntry(bytes, from, pack, pipeline) };
}

/** The forms of labelled data for each kind of item. */
const LABELLED: Record<ItemKind, string> = {
  pixels: 'a folder of pictures by class, or boxes in the COCO format with their pictures',
  text: 'JSON lines (.jsonl)',
  audio: 'sounds with their transcripts',
};

/**
 * Stores a pipeline under an unused name, and makes it the chosen one.
 * @throws StoreFullError, StoreUnavailableError, InvalidDocumentError
 */
export async function keepPipeline(
  { manifest: made, files, words, labelled }: MadePipeline,
  step: Addition['step'],
): Promise<void> {
  const name = freeName(made.name, usedNames());
  step(`Saving ${name}`);
  const manifest = parseManifest({ ...made, name, ...(labelled && { pack: labelled.entry }) }, name);
  const read = async (_: string, sha256: string) =>
    sha256 === labelled?.entry.sha256 ? labelled.bytes : files.get(sha256)!;
  setChosen(await ownPipelines.save(withFiles(manifest, read)));
  const { first } = new Pipeline(manifest);
  lastAdded.value = `The pipeline ${name} is made: ${words}. ${
    labelled
      ? `From now on, measuring uses ${labelled.entry.source}.`
      : `Without labelled data, this page measures its times but no accuracy, so plans are by latency and cost alone. To measure accuracy, drop ${LABELLED[first.task.itemFormat(first.stage).kind]} on this page.`
  }`;
}
