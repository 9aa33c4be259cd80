import { InputError } from '../../solver/documents/coded-error.ts';
import type { ItemFormatOf } from './item-format.ts';

/** Checks that the readers of sound files share. */

/** A sound file cannot be read, or is too long. */
export class InvalidSoundError extends InputError {
  override name = 'InvalidSoundError';
  constructor(
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(
      `The sound cannot be used: ${problem}. ` +
        'Save it as FLAC, or as a WAV file of 8, 16, 24 or 32-bit PCM or 32-bit float samples, no longer than the stage takes.',
      options,
    );
  }
}

/** A recording is longer than a stage takes. */
export class SoundTooLongError extends InvalidSoundError {
  override name = 'SoundTooLongError';
}

const CHANNELS_MAX = 8;
const RATE_MIN_HZ = 1000;
const RATE_MAX_HZ = 768_000;

/** The format in which a stage takes recordings. */
export type SoundFormat = Pick<ItemFormatOf<'audio'>, 'sampleRateHz' | 'samplesMax'>;

/** @throws InvalidSoundError */
export function checkChannelsAndRate(channels: number, rateHz: number): void {
  if (channels < 1 || channels > CHANNELS_MAX)
    throw new InvalidSoundError(`it has ${channels} channels, and 1 to ${CHANNELS_MAX} can be read`);
  if (rateHz < RATE_MIN_HZ || rateHz > RATE_MAX_HZ)
    throw new InvalidSoundError(
      `its rate is ${rateHz} Hz, and ${RATE_MIN_HZ} to ${RATE_MAX_HZ} Hz can be read`,
    );
}

/**
 * Checks the length of a recording.
 * @param samples number of samples of one channel
 * @param rateHz rate of the file
 * @throws InvalidSoundError if there are no samples, or more than a stage takes
 */
export function checkLength(
  samples: number,
  rateHz: number,
  { sampleRateHz, samplesMax }: SoundFormat,
): void {
  if (samples === 0) throw new InvalidSoundError('it has no samples');
  const seconds = samples / rateHz;
  if (Math.round(seconds * sampleRateHz) > samplesMax)
    throw new SoundTooLongError(
      `it lasts ${seconds.toFixed(3)} s, and at most ${(samplesMax / sampleRateHz).toFixed(3)} s are taken`,
    );
}
