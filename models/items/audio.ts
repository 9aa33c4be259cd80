import type { Item } from './item-batch.ts';

/** Samples of a recording as numbers, as an item, and as the 16-bit integers (PCM) that files hold. */

/** Full scale of a 16-bit sample. */
const FULL_SCALE = 2 ** 15;

/** The samples of a recording. They are a view of the item where its place in memory allows that, else a copy. */
export function samplesOf(item: Item): Float32Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = item;
  const { BYTES_PER_ELEMENT } = Float32Array;
  return byteOffset % BYTES_PER_ELEMENT === 0
    ? new Float32Array(buffer, byteOffset, byteLength / BYTES_PER_ELEMENT)
    : new Float32Array(item.slice().buffer);
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
