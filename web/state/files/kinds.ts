import { isAssetName, ONNX_FILE } from '../../../models/hub/file-names.ts';
import { folderOf } from '../../../models/hub/given/given-file.ts';
import { rootsOf } from '../../../models/hub/given/model-folders.ts';
import { isWeights } from '../../../models/hub/given/weights.ts';
import { DOCUMENT_BYTES_MAX } from './file-size.ts';

/** Finds out the kind of a file from its name and, where the name does not tell, from its contents. */

/** Names of pictures, sounds, transcripts, and files of JSON lines with labelled data. */
const LABELLED = /\.(jpe?g|png|webp|avif|gif|wav|flac|jsonl|ndjson)$|\.trans\.txt$/i;

/** Names of files that model repositories of the hub contain, but that no model here needs. */
const BESIDE_MODELS = [
  /^(\.gitattributes|README\.md|LICENSE(\.\w+)?|vocab\.txt|merges\.txt|.*\.model)$/i,
  /^(vocab|special_tokens_map|added_tokens|normalizer|processor_config|quantize_config|quant_config)\.json$/i,
];

/**
 * Finds files of a model repository that no model here needs, such as a licence: by their names, or because they lie in a model's
 * folder but are neither documents of ipa-edge nor labels in the COCO format.
 * @returns a function that says whether a file is such a file
 */
export function asideOf(files: readonly File[]): (file: File) => Promise<boolean> {
  const roots = rootsOf(files);
  return async (file) => {
    if (roots.length === 0) return false;
    if (BESIDE_MODELS.some((names) => names.test(file.name))) return true;
    if (!roots.some((root) => root !== '' && folderOf(file).startsWith(root))) return false;
    return file.size > DOCUMENT_BYTES_MAX || !isRead(file.name, await file.text());
  };
}

const isOwn = (text: string): boolean => text.includes('"ipa-edge/');

/** Whether a file is a document of ipa-edge. */
export const isOwnDocument = async (file: File): Promise<boolean> =>
  file.size <= DOCUMENT_BYTES_MAX && isOwn(await file.text());

/** Whether a text is a document of ipa-edge, or JSON with the labels of objects. */
const isRead = (name: string, text: string): boolean =>
  isOwn(text) || (/\.json$/i.test(name) && text.includes('"annotations"'));

/** Whether a file is gzipped, as packs are. */
export async function isPack(file: File): Promise<boolean> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

export async function kindOf(file: File): Promise<'model' | 'pack' | 'tar' | 'labelled' | 'document'> {
  if (ONNX_FILE.test(file.name) || isWeights(file) || isAssetName(file.name)) return 'model';
  if (/\.tar$/i.test(file.name)) return 'tar';
  if (LABELLED.test(file.name)) return 'labelled';
  return (await isPack(file)) ? 'pack' : 'document';
}
