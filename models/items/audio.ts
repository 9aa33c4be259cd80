import type { Item } from './item-batch.ts';

/** Samples of a recording as numbers, as an item, and as the 16-bit integers (PCM) that files hold. */

/** Full scale of a 16-bit sample. */
const FULL_SCALE = 2 ** 15;

/**
 * The samples of a recording: a view of the item where its place in memory allows that, else a copy.
 * @param copy where to copy them, of at least their number; absent: to new memory
 */
export function samplesOf(item: Item, copy?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = item;
  const length = byteLength / Float32Array.BYTES_PER_ELEMENT;
  if (byteOffset % Float32Array.BYTES_PER_ELEMENT === 0) return new Float32Array(buffer, byteOffset, length);
  if (!copy) return new Float32Array(item.slice().buffer);
  new Uint8Array(copy.buffer, copy.byteOffset).set(item);
  return copy.subarray(0, length);
}

/** Samples from −1 to 1. */
export function samplesOfPcm(pcm: Int16Array): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(pcm.length);
  // Float32Array.from with a function takes thirty times as long, and a pack has millions of samples.
  for (let i = 0; i < pcm.length; i++) samples[i] = pcm[i]! / FULL_SCALE;
  return samples;
}

/** 16-bit samples, rounded; what is louder than full scale is clipped. */
export const pcmOf = (samples: Float32Array): Int16Array<ArrayBuffer> =>
  Int16Array.from(samples, (sample) =>
    Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE))),
  );
