import { isFlac, readFlac } from './flac.ts';
import type { SoundFormat } from './sound.ts';
import { readWav } from './wav.ts';

/** Reads a WAV or FLAC file in the format that a stage takes: one channel at the stage's rate. @throws InvalidSoundError */
export const readSoundFile = (bytes: Uint8Array, format: SoundFormat): Float32Array<ArrayBuffer> =>
  isFlac(bytes) ? readFlac(bytes, format) : readWav(bytes, format);
