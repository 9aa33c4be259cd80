import { z } from 'zod';

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
    /** Number of samples that every recording is cut or filled up to. */
    n_samples: z.int().min(16).max(10_000_000),
    /** Most frames. */
    nb_max_frames: z.int().min(1).max(60_000),
  })
  .refine(({ n_fft, n_samples }) => n_samples > n_fft, {
    path: ['n_samples'],
    message: 'expected more samples than n_fft',
  });
export type LogMelConfig = Omit<z.output<typeof logMelConfig>, 'feature_extractor_type'>;
