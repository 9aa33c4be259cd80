import { resample } from './resample.ts';
import { checkChannelsAndRate, checkLength, InvalidSoundError, type SoundFormat } from './sound.ts';

/**
 * Tags of sample formats, from the registry of WAVE formats. A file with the extensible tag holds the tag of its samples in the
 * subformat.
 */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/** Functions that read one sample, by the format's tag and the bits of a sample. Integers of 8 bits have no sign. */
const READERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  [`${PCM}/8`]: (view, at) => (view.getUint8(at) - 2 ** 7) / 2 ** 7,
  [`${PCM}/16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${PCM}/24`]: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23,
  [`${PCM}/32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOAT}/32`]: (view, at) => view.getFloat32(at, true),
};

/**
 * A stated size from this value on means that the size is unknown: a program that writes to a pipe, e.g. ffmpeg, cannot go back
 * to enter it.
 */
const SIZE_UNKNOWN = 0x7ffff000;

interface Chunk {
  readonly id: string;
  readonly view: DataView;
}

const idAt = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

/** Yields the chunks of a RIFF file of the form WAVE, in order. Each begins after the one before, so that none overlap. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 12 || idAt(view, 0) !== 'RIFF' || idAt(view, 8) !== 'WAVE')
    throw new InvalidSoundError('it does not begin as a WAV file');
  const stated = view.getUint32(4, true);
  const end = stated >= SIZE_UNKNOWN ? view.byteLength : 8 + stated;
  if (end > view.byteLength)
    throw new InvalidSoundError(`it should have ${end} bytes, but ends after ${view.byteLength}`);
  for (let at = 12; at + 8 <= end; ) {
    const id = idAt(view, at);
    const own = view.getUint32(at + 4, true);
    const left = end - at - 8;
    const size = id === 'data' && own >= SIZE_UNKNOWN ? left : own;
    if (size > left)
      throw new InvalidSoundError(
        `its chunk "${id}" should have ${size} bytes, but ${left} follow in the file`,
      );
    yield { id, view: new DataView(bytes.buffer, bytes.byteOffset + at + 8, size) };
    at += 8 + size + (size % 2); // a chunk of an odd size is followed by one byte that belongs to no chunk
  }
}

interface Format {
  readonly channels: number;
  readonly rateHz: number;
  /** Bytes of one sample of all channels. */
  readonly frameBytes: number;
  readonly bits: number;
  readonly read: (view: DataView, at: number) => number;
}

function readFormat(view: DataView): Format {
  if (view.byteLength < 16) throw new InvalidSoundError(`its format has ${view.byteLength} of 16 bytes`);
  const outer = view.getUint16(0, true);
  const tag = outer === EXTENSIBLE && view.byteLength >= 26 ? view.getUint16(24, true) : outer;
  const [channels, rateHz] = [view.getUint16(2, true), view.getUint32(4, true)];
  const [frameBytes, bits] = [view.getUint16(12, true), view.getUint16(14, true)];
  const read = READERS[`${tag}/${bits}`];
  if (!read) throw new InvalidSoundError(`its samples are of ${bits} bits in format ${tag}`);
  checkChannelsAndRate(channels, rateHz);
  if (frameBytes !== (channels * bits) / 8)
    throw new InvalidSoundError(`it has ${frameBytes} bytes for ${channels} samples of ${bits} bits`);
  return { channels, rateHz, frameBytes, bits, read };
}

/** The mean of the channels, at the file's rate. */
function mixed(view: DataView, { channels, frameBytes, bits, read }: Format): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.floor(view.byteLength / frameBytes));
  for (let i = 0, at = 0; i < samples.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += bits / 8) sum += read(view, at);
    samples[i] = sum / channels;
  }
  const wrong = samples.findIndex((sample) => !Number.isFinite(sample));
  if (wrong >= 0) throw new InvalidSoundError(`its sample ${wrong} is not a finite number`);
  return samples;
}

/**
 * Reads a WAV file in the format that a stage takes: one channel, the mean of the file's channels, at the stage's rate.
 * @returns samples from −1 to 1; samples of a float file may lie outside, and are not clipped
 * @throws InvalidSoundError, also if the recording is longer than `samplesMax`, before its samples are converted
 */
export function readWav(bytes: Uint8Array, taken: SoundFormat): Float32Array<ArrayBuffer> {
  let format: Format | undefined;
  for (const { id, view } of chunksOf(bytes)) {
    if (id === 'fmt ') format = readFormat(view);
    if (id !== 'data') continue;
    if (!format) throw new InvalidSoundError('its samples come before their format');
    checkLength(Math.floor(view.byteLength / format.frameBytes), format.rateHz, taken);
    return resample(mixed(view, format), format.rateHz, taken.sampleRateHz);
  }
  throw new InvalidSoundError('it has no samples');
}
