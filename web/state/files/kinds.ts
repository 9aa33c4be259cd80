import { isAssetName } from '../../../models/hub/file-names.ts';
import { isWeights } from './weights.ts';

/** What a file is, by its name and its first bytes. */

/** Pictures, sounds, and lines of labelled data. */
const LABELLED = /\.(jpe?g|png|webp|avif|gif|wav|flac|jsonl|ndjson)$|\.trans\.txt$/i;

/** Whether a file is gzipped, as packs are. */
export async function isPack(file: File): Promise<boolean> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

export async function kindOf(file: File): Promise<'model' | 'pack' | 'tar' | 'labelled' | 'document'> {
  if (/\.onnx$/i.test(file.name) || isWeights(file) || isAssetName(file.name)) return 'model';
  if (/\.tar$/i.test(file.name)) return 'tar';
  if (LABELLED.test(file.name)) return 'labelled';
  return (await isPack(file)) ? 'pack' : 'document';
}
