import { z } from 'zod';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { samplesOf } from '../../items/audio.ts';
import type { Item } from '../../items/item-batch.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import { parseAsset } from '../asset.ts';
import type { Input } from '../one-run.ts';
import { ones, valuesIn } from '../program.ts';
import { FLOATS, float16Of } from '../tensor.ts';
import { logMelConfig } from './log-mel-config.ts';
import { rawSamplesConfigs, writeRawSamples } from './raw-samples.ts';

/** Encodes recordings as the input tensors of speech models. */

/** Role of the file that describes a model's features: the hub's `preprocessor_config.json`. */
export const FEATURES_ASSET = 'preprocessor-config';

/** Manifest field: the sampling rate of a stage's recordings, and the longest recording that the stage takes. */
export const speechInput = z.strictObject({
  sampleRateHz: z.int().min(1000).max(200_000).default(16_000),
  secondsMax: z.number().min(0.1).max(600),
});

export interface SpeechStage extends ManifestStage {
  readonly input: z.output<typeof speechInput>;
  /** The features that the variant's models take; set once the variant's assets are read. */
  readonly features?: Features;
}

/** Tolerance for the rounding error of seconds × rate: 0.7 × 44100 is a little less than 30870. */
const ROUNDING = 1e-6;

export const recordings = ({ input: { sampleRateHz, secondsMax } }: SpeechStage): ItemFormatOf<'audio'> => ({
  kind: 'audio',
  sampleRateHz,
  samplesMax: Math.floor(secondsMax * sampleRateHz + ROUNDING),
});

/** Number of samples of an item. */
export const lengthOf = ({ length }: Item): number => length / Float32Array.BYTES_PER_ELEMENT;

/** Input tensor: `input_features` [batch, bands, frames] for Whisper's features, `input_values` [batch, samples] for samples. */
type FeaturesTensor = 'input_features' | 'input_values';

/** Computes the features of recordings as a variant's `preprocessor_config.json` describes them. */
interface Features {
  readonly tensor: FeaturesTensor;
  /** Dimensions of a recording's features. @param length of the recording in samples */
  dimsOf(length: number): readonly number[];
  /** Computes the features of one recording. @param out has the dimensions of {@link dimsOf}; every value is overwritten */
  write(samples: Float32Array, out: Float32Array): void;
}

/**
 * Shorter recordings are padded with zeros for models that take samples, because the first layers of these models (convolutions)
 * need a minimum number of samples.
 */
const SHORTEST_S = 0.1;

const configSchema = z.discriminatedUnion('feature_extractor_type', [logMelConfig, ...rawSamplesConfigs]);

/** Reads a variant's features from its assets. @throws InvalidDocumentError if the features do not fit the stage's recordings */
export async function readFeatures(
  stage: SpeechStage,
  assets: Readonly<Record<string, Uint8Array>>,
): Promise<Features> {
  const { sampleRateHz } = stage.input;
  const { samplesMax } = recordings(stage);
  const fitting = configSchema
    .refine(({ sampling_rate }) => sampling_rate === sampleRateHz, {
      path: ['sampling_rate'],
      message: `expected ${sampleRateHz}, the rate of stage "${stage.name}"`,
    })
    .refine((config) => !('n_samples' in config) || config.n_samples >= samplesMax, {
      path: ['n_samples'],
      message: `expected at least ${samplesMax}, the longest recording of stage "${stage.name}"`,
    });
  const config = parseAsset(fitting, assets[FEATURES_ASSET]!, 'preprocessor_config.json');
  if ('n_samples' in config) {
    // Loaded on demand, because pages load this module with the list of tasks, but only workers compute features.
    const { makeLogMel } = await import('./log-mel.ts');
    const { mels, frames, write } = makeLogMel(config);
    return { tensor: 'input_features', dimsOf: () => [mels, frames], write };
  }
  const shortest = Math.ceil(SHORTEST_S * sampleRateHz);
  return {
    tensor: 'input_values',
    dimsOf: (length) => [Math.max(shortest, length)],
    write: (samples, out) => writeRawSamples(samples, config, out),
  };
}

/** A model takes other features than its `preprocessor_config.json` describes. */
class FeaturesMismatchError extends Error {
  override name = 'FeaturesMismatchError';
  constructor(stage: string, taken: string, described: string) {
    super(
      `A model of stage "${stage}" takes "${taken}", but its preprocessor_config.json describes "${described}". ` +
        'Take the model and the file from the same place.',
    );
  }
}

/**
 * Makes the input that holds the features of recordings. All recordings of a batch must have features of the same size.
 * @param optional whether a model may take the other features tensor instead
 */
export const featuresInput = (name: FeaturesTensor, optional: boolean): Input<SpeechStage> => ({
  spec: () => ({
    name,
    optional,
    types: FLOATS,
    dims: name === 'input_features' ? [null, null] : [null],
  }),
  encode(stage, items, scratch, { type }) {
    const { tensor, dimsOf, write } = stage.features!;
    if (tensor !== name) throw new FeaturesMismatchError(stage.name, name, tensor);
    const own = dimsOf(lengthOf(items[0]!));
    const size = valuesIn(own);
    // Recordings at unaligned offsets are copied to the end of the scratch: allocating memory would take longer than the copy.
    const longest = Math.max(...items.map(lengthOf));
    const memory = scratch.arrayOf('float32', items.length * size + longest) as Float32Array<ArrayBuffer>;
    const values = memory.subarray(0, items.length * size);
    const copy = memory.subarray(values.length);
    items.forEach((item, i) => {
      write(samplesOf(item, copy), values.subarray(i * size, (i + 1) * size));
    });
    const dims = [items.length, ...own];
    return type === 'float16'
      ? { type, data: float16Of(values), dims }
      : { type: 'float32', data: values, dims };
  },
});

/** An attention mask of ones. Some models require a mask, although all recordings of a run have features of the same size. */
export const samplesMask: Input<SpeechStage> = {
  spec: () => ({ name: 'attention_mask', optional: true, types: ['int64'], dims: [null] }),
  encode: ({ features }, items) => ones([items.length, ...features!.dimsOf(lengthOf(items[0]!))]),
};
