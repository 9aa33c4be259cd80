import { z } from 'zod';

/** Limit on frames × samples per frame; Whisper has 1.2 million. Above it, transforming one recording would take seconds. */
const FRAMES_SAMPLES_MAX = 2 ** 23;
/** Limit on the largest prime factor of a frame's size, because the time and memory of a transform grow with it. */
const FACTOR_MAX = 31;

function largestFactor(size: number): number {
  let rest = size;
  let factor = 2;
  while (factor * factor <= rest) {
    if (rest % factor === 0) rest /= factor;
    else factor++;
  }
  return rest;
}

/** The fields of a Whisper model's `preprocessor_config.json` that define its features. */
export const logMelConfig = z
  .object({
    feature_extractor_type: z.literal('WhisperFeatureExtractor'),
    /** Number of mel bands. */
    feature_size: z.int().min(1).max(256),
    sampling_rate: z.int().min(1000).max(200_000),
    /** Number of samples of a frame. */
    n_fft: z.int().min(16).max(8192),
    /** Number of samples between the starts of two frames. */
    hop_length: z.int().min(16).max(8192),
    /** Number of samples to which every recording is cut or padded. */
    n_samples: z.int().min(16).max(10_000_000),
    nb_max_frames: z.int().min(1).max(60_000),
  })
  .refine(({ n_fft, n_samples }) => n_samples > n_fft, {
    path: ['n_samples'],
    message: 'expected more samples than n_fft',
  })
  .refine(
    ({ n_fft, n_samples, hop_length, nb_max_frames: most }) => {
      const frames = Math.min(Math.floor(n_samples / hop_length), most);
      return frames * n_fft <= FRAMES_SAMPLES_MAX && largestFactor(n_fft) <= FACTOR_MAX;
    },
    {
      path: ['n_fft'],
      message: `expected frames of at most ${FRAMES_SAMPLES_MAX} samples in all, each a product of numbers up to ${FACTOR_MAX}`,
    },
  );
export type LogMelConfig = Omit<z.output<typeof logMelConfig>, 'feature_extractor_type'>;
