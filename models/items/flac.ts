import { BitReader, EndOfBitsError } from './bit-reader.ts';
import { readSubframe } from './flac-subframe.ts';
import { resample } from './resample.ts';
import { checkChannelsAndRate, checkLength, InvalidSoundError, type SoundFormat } from './sound.ts';

/** Reads FLAC files (RFC 9639), the lossless sound format of LibriSpeech. */

const MARK = [...'fLaC'].map((letter) => letter.charCodeAt(0));
/** Length of the header of a metadata block, which has the block's type and length. */
const BLOCK_HEADER_BYTES = 4;
const STREAMINFO = 0;
const STREAMINFO_BYTES = 34;

export const isFlac = (bytes: Uint8Array): boolean => MARK.every((byte, i) => bytes[i] === byte);

interface StreamInfo {
  readonly rateHz: number;
  readonly channels: number;
  readonly bits: number;
  /** Samples of each channel; 0 if the file does not state the number. */
  readonly samples: number;
}

/** Reads the metadata. @returns the stream's properties, and the byte at which the frames begin */
function readMetadata(bytes: Uint8Array): { info: StreamInfo; at: number } {
  if (!isFlac(bytes)) throw new InvalidSoundError('it does not begin as a FLAC file');
  let info: StreamInfo | undefined;
  for (let at = MARK.length; ; ) {
    const header = new BitReader(bytes, at);
    const [last, type, length] = [header.take(1), header.take(7), header.take(24)];
    at += BLOCK_HEADER_BYTES;
    if (type === STREAMINFO && length === STREAMINFO_BYTES) info = readStreamInfo(new BitReader(bytes, at));
    at += length;
    if (!last) continue;
    if (!info)
      throw new InvalidSoundError(
        'it has no block of metadata with its rate, channels and bits per sample (STREAMINFO)',
      );
    return { info, at };
  }
}

function readStreamInfo(reader: BitReader): StreamInfo {
  reader.take(32); // least and most samples of a block
  reader.take(48); // least and most bytes of a frame
  const info = {
    rateHz: reader.take(20),
    channels: reader.take(3) + 1,
    bits: reader.take(5) + 1,
    samples: reader.take(36),
  };
  checkChannelsAndRate(info.channels, info.rateHz);
  if (info.bits > 24)
    throw new InvalidSoundError(`its samples have ${info.bits} bits, and at most 24 can be read`);
  return info;
}

/**
 * By channel code of a frame, a function that computes left and right from the two stored channels; no entry for a code whose
 * frames store left and right.
 */
const STEREO: Readonly<Record<number, (first: number, second: number) => readonly [number, number]>> = {
  8: (left, side) => [left, left - side],
  9: (side, right) => [right + side, right],
  10: (middle, side) => {
    const sum = 2 * middle + (side & 1);
    return [(sum + side) / 2, (sum - side) / 2];
  },
};
/** By channel code of a frame: the stored channel that is a difference of two, and so needs one more bit. */
const SIDE: Readonly<Record<number, number>> = { 8: 1, 9: 0, 10: 1 };

/** Number of samples of a frame, by its block size code. */
function blockSize(code: number, reader: BitReader): number {
  if (code === 1) return 192;
  if (code >= 2 && code <= 5) return 576 * 2 ** (code - 2);
  if (code === 6) return reader.take(8) + 1;
  if (code === 7) return reader.take(16) + 1;
  if (code >= 8) return 256 * 2 ** (code - 8);
  throw new InvalidSoundError('one of its frames does not say how many samples it has');
}

/**
 * Skips the number of a frame or sample, which has a variable length: as in UTF-8, a longer number's first byte begins with one 1
 * bit for each of its bytes.
 */
function skipNumber(reader: BitReader): void {
  const more = Math.clz32(~(reader.take(8) << 24));
  if (more > 1) reader.take(8 * (more - 1));
}

/**
 * Reads a frame, and passes the mean of its channels to `add`, as samples from −1 to 1.
 * @param most maximum number of samples that the frame may have
 * @returns the byte at which the next frame begins
 */
function readFrame(
  bytes: Uint8Array,
  at: number,
  { channels, bits }: StreamInfo,
  most: number,
  add: (samples: Float64Array) => void,
): number {
  const reader = new BitReader(bytes, at);
  // A frame begins with 15 fixed bits. The next bit says whether the frame's number counts frames or samples, which does not
  // matter here.
  if (reader.take(15) !== 0b111_1111_1111_1100)
    throw new InvalidSoundError(`byte ${at} does not begin a frame`);
  reader.take(1);
  const [sizeCode, rateCode, channelCode] = [reader.take(4), reader.take(4), reader.take(4)];
  reader.take(4); // bits per sample: the metadata has them for the whole file
  skipNumber(reader);
  const size = blockSize(sizeCode, reader);
  if (rateCode >= 12) reader.take(rateCode === 12 ? 8 : 16); // the rate: the metadata has it for the whole file
  reader.take(8); // the header's checksum: the frame's own checksum covers the header too
  const stereo = STEREO[channelCode];
  if ((stereo ? 2 : channelCode + 1) !== channels || channelCode > 10)
    throw new InvalidSoundError('one of its frames has another number of channels');
  if (size > most)
    throw new InvalidSoundError(
      'it has more samples than its metadata says, or than the longest recording allowed',
    );
  const kept = Array.from({ length: channels }, (_, channel) =>
    readSubframe(reader, size, bits + (SIDE[channelCode] === channel ? 1 : 0)),
  );
  reader.alignToByte();
  const end = reader.byte;
  if (reader.take(16) !== crc16(bytes.subarray(at, end)))
    throw new InvalidSoundError(`it is damaged: the frame at byte ${at} has another checksum`);
  add(meanOf(kept, stereo, channels * 2 ** (bits - 1)));
  return end + 2;
}

/** The mean of the channels, from −1 to 1. @param scale full scale of a channel × number of channels */
function meanOf(
  kept: readonly Int32Array[],
  stereo: ((first: number, second: number) => readonly [number, number]) | undefined,
  scale: number,
): Float64Array {
  const [first, second] = kept as [Int32Array, Int32Array];
  return Float64Array.from(first, (sample, i) => {
    if (!stereo) return kept.reduce((sum, channel) => sum + channel[i]!, 0) / scale;
    const [left, right] = stereo(sample, second[i]!);
    return (left + right) / scale;
  });
}

/** Computes the CRC-16 with the polynomial x¹⁶ + x¹⁵ + x² + 1 and the initial value 0. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x8005 : crc << 1;
    crc &= 0xffff;
  }
  return crc;
}

/**
 * Reads a FLAC file in the format that a stage takes: one channel, the mean of the file's channels, at the stage's rate.
 * @returns samples from −1 to 1
 * @throws InvalidSoundError, also if the recording is longer than `samplesMax`
 */
export function readFlac(bytes: Uint8Array, format: SoundFormat): Float32Array<ArrayBuffer> {
  try {
    const { info, at } = readMetadata(bytes);
    const { rateHz } = info;
    if (info.samples > 0) checkLength(info.samples, rateHz, format);
    const most = info.samples || Math.ceil((format.samplesMax / format.sampleRateHz) * rateHz);
    const parts: Float64Array[] = [];
    let count = 0;
    for (let next = at; next < bytes.length && count < most; )
      next = readFrame(bytes, next, info, most - count, (samples) => {
        parts.push(samples);
        count += samples.length;
      });
    if (info.samples > 0 && count < info.samples)
      throw new InvalidSoundError(`it should have ${info.samples} samples, but has ${count}`);
    checkLength(count, rateHz, format);
    const samples = new Float32Array(count);
    let end = 0;
    for (const part of parts) {
      samples.set(part, end);
      end += part.length;
    }
    return resample(samples, rateHz, format.sampleRateHz);
  } catch (error) {
    if (!(error instanceof EndOfBitsError)) throw error;
    throw new InvalidSoundError('it is cut off', { cause: error });
  }
}
