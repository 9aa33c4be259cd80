import type { Item } from '../../../models/items/item-batch.ts';
import { InvalidSoundError, type SoundFormat } from '../../../models/items/sound.ts';
import { readWav } from '../../../models/items/wav.ts';

/** First bytes of a WAV file. */
const RIFF = [...'RIFF'].map((letter) => letter.charCodeAt(0));

/**
 * Reads a sound file in the format of a stage: mono, at the stage's sample rate. The reader that makes packs reads WAV files, so
 * that a file gives the same samples here as in a pack. The browser's decoders read all other files.
 * @throws InvalidSoundError, also if the sound is longer than the stage takes
 */
export async function readSound(bytes: Uint8Array<ArrayBuffer>, format: SoundFormat): Promise<Item> {
  if (RIFF.every((byte, i) => bytes[i] === byte)) return itemOf(readWav(bytes, format));
  const samples = await decoded(bytes, format);
  const { sampleRateHz, samplesMax } = format;
  if (samples.length > samplesMax)
    throw new InvalidSoundError(
      `it lasts ${(samples.length / sampleRateHz).toFixed(1)} s, and at most ${samplesMax / sampleRateHz} s are taken`,
    );
  return itemOf(samples);
}

/** Reads a recording of a microphone, and cuts it to the longest sound that the stage takes. @throws InvalidSoundError */
export async function readRecording(bytes: Uint8Array<ArrayBuffer>, format: SoundFormat): Promise<Item> {
  return itemOf((await decoded(bytes, format)).slice(0, format.samplesMax));
}

const itemOf = ({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): Item =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Decodes a sound to the mean of its channels. The browser resamples it to the format's rate. */
async function decoded(
  bytes: Uint8Array<ArrayBuffer>,
  { sampleRateHz }: SoundFormat,
): Promise<Float32Array<ArrayBuffer>> {
  const context = new OfflineAudioContext(1, 1, sampleRateHz);
  const sound = await context.decodeAudioData(bytes.slice().buffer).catch((cause) => {
    throw new InvalidSoundError('this browser finds no sound that it can decode', { cause });
  });
  const samples = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++)
    sound.getChannelData(channel).forEach((sample, i) => {
      samples[i] = samples[i]! + sample / sound.numberOfChannels;
    });
  if (samples.length === 0) throw new InvalidSoundError('it has no samples');
  return samples;
}
