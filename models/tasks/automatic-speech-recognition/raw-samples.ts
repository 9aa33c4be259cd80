import { z } from 'zod';

/** @param normalised what the extractor does where the file does not say it */
const configOf = <T extends string>(extractor: T, normalised: boolean) =>
  z.object({
    feature_extractor_type: z.literal(extractor),
    sampling_rate: z.int().min(1000).max(200_000),
    /** Whether each recording is shifted and scaled to a mean of 0 and a variance of 1. */
    do_normalize: z.boolean().default(normalised),
  });

/** The fields of `preprocessor_config.json` of models that take samples as they are, such as wav2vec2 or Moonshine. */
export const rawSamplesConfigs = [
  configOf('Wav2Vec2FeatureExtractor', true),
  configOf('MoonshineFeatureExtractor', false),
] as const;
type RawSamplesConfig = Pick<z.output<(typeof rawSamplesConfigs)[number]>, 'do_normalize'>;

/** Added to the variance to avoid a division by zero for silence. The hub's models are trained with this value. */
const EPSILON = 1e-7;

/**
 * Writes a recording's samples, normalised if the model needs that.
 * @param out at least as long as the recording; the rest is filled with zeros
 */
export function writeRawSamples(
  samples: Float32Array,
  { do_normalize: normalise }: RawSamplesConfig,
  out: Float32Array,
): void {
  out.fill(0, samples.length);
  if (!normalise) {
    out.set(samples);
    return;
  }
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = sum / samples.length;
  let squares = 0;
  for (const sample of samples) squares += (sample - mean) ** 2;
  const deviation = Math.sqrt(squares / samples.length + EPSILON);
  for (let i = 0; i < samples.length; i++) out[i] = (samples[i]! - mean) / deviation;
}
