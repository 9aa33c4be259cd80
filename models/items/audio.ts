import type { Item } from './item-batch.ts';

/** Converts the samples of a recording between numbers, the bytes of items, and the 16-bit integers (PCM) of files. */

/** Full scale of a 16-bit sample. */
const FULL_SCALE = 2 ** 15;

/**
 * The samples of a recording: a view of the item if the item's alignment in memory allows that, else a copy.
 * @param copy buffer for the copy, at least as long as the recording; absent: new memory
 */
export function samplesOf(item: Item, copy?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = item;
  const length = byteLength / Float32Array.BYTES_PER_ELEMENT;
  if (byteOffset % Float32Array.BYTES_PER_ELEMENT === 0) return new Float32Array(buffer, byteOffset, length);
  if (!copy) return new Float32Array(item.slice().buffer);
  new Uint8Array(copy.buffer, copy.byteOffset).set(item);
  return copy.subarray(0, length);
}

/** Converts 16-bit integers to samples from −1 to 1. */
export function samplesOfPcm(pcm: Int16Array): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(pcm.length);
  // Float32Array.from with a function takes thirty times as long, and a pack has millions of samples.
  for (let i = 0; i < pcm.length; i++) samples[i] = pcm[i]! / FULL_SCALE;
  return samples;
}

/** Rounds samples to 16-bit integers, and clips samples beyond full scale. */
export const pcmOf = (samples: Float32Array): Int16Array<ArrayBuffer> =>
  Int16Array.from(samples, (sample) =>
    Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE))),
  );
