import { z } from 'zod';
import { parseJson } from '../../../solver/documents/document.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { samplesOf } from '../../items/audio.ts';
import type { Item } from '../../items/item-batch.ts';
import { checkItem, type ItemFormatOf } from '../../items/item-format.ts';
import type { Input, Program, ProgramRun, Scratch } from '../program.ts';
import { FLOATS, float16Of, type Tensor, type TensorInfo } from '../tensor.ts';
import { logMelConfig, makeLogMel } from './log-mel.ts';
import { rawSamplesConfig, writeRawSamples } from './raw-samples.ts';

/** What models hear of recordings, as tensors. */

/** Role of the file that describes a model's features: the hub's `preprocessor_config.json`. */
export const FEATURES_ASSET = 'preprocessor-config';

/**
 * Manifest field: what the models take. `log-mel`: Whisper's features, in the tensor `input_features` [batch, bands, frames].
 * `samples`: the samples themselves, in the tensor `input_values` [batch, samples]. `secondsMax` is the longest recording that the
 * stage accepts.
 */
export const speechInput = z.strictObject({
  encoding: z.enum(['log-mel', 'samples']),
  sampleRateHz: z.int().min(1000).max(200_000).default(16_000),
  secondsMax: z.number().min(0.1).max(600),
});

export interface HearingStage extends ManifestStage {
  readonly input: z.output<typeof speechInput>;
  /** How the variant hears, once its assets are read. */
  readonly features?: Features;
}

export const recordings = ({ input: { sampleRateHz, secondsMax } }: HearingStage): ItemFormatOf<'audio'> => ({
  kind: 'audio',
  sampleRateHz,
  samplesMax: Math.floor(secondsMax * sampleRateHz),
});

/** The features of recordings, by a variant's configuration. */
export interface Features {
  /** Dimensions of a recording's features. @param length of the recording in samples */
  dimsOf(length: number): readonly number[];
  /** @param out of these dimensions, filled with zeros */
  write(samples: Float32Array, out: Float32Array): void;
}

/** A shorter recording is followed by silence: the first layers of a model need some samples to give anything. */
const SHORTEST_S = 0.1;

/** Reads how a variant hears. @throws InvalidDocumentError if the features do not fit the stage's recordings */
export function readFeatures(stage: HearingStage, assets: Readonly<Record<string, Uint8Array>>): Features {
  const { encoding, sampleRateHz } = stage.input;
  const { samplesMax } = recordings(stage);
  const read = <T extends { sampling_rate: number }>(schema: z.ZodType<T>): T =>
    parseJson(
      schema.refine(({ sampling_rate }) => sampling_rate === sampleRateHz, {
        path: ['sampling_rate'],
        message: `expected ${sampleRateHz}, the rate of stage "${stage.name}"`,
      }),
      new TextDecoder().decode(assets[FEATURES_ASSET]),
      'preprocessor_config.json',
    );
  if (encoding === 'log-mel') {
    const heard = logMelConfig.refine(({ n_samples }) => n_samples >= samplesMax, {
      path: ['n_samples'],
      message: `expected at least ${samplesMax}, the longest recording of stage "${stage.name}"`,
    });
    const { mels, frames, write } = makeLogMel(read(heard));
    return { dimsOf: () => [mels, frames], write };
  }
  const config = read(rawSamplesConfig);
  const shortest = Math.ceil(SHORTEST_S * sampleRateHz);
  return {
    dimsOf: (length) => [Math.max(shortest, length)],
    write: (samples, out) => writeRawSamples(samples, config, out),
  };
}

/** The features of recordings that have one size, as a tensor. */
function encode(stage: HearingStage, items: readonly Item[], scratch: Scratch, { type }: TensorInfo): Tensor {
  const recorded = items.map(samplesOf);
  const features = stage.features!;
  const own = features.dimsOf(recorded[0]!.length);
  const size = own.reduce((product, dim) => product * dim);
  const values = scratch.arrayOf('float32', items.length * size).fill(0) as Float32Array;
  recorded.forEach((samples, i) => {
    features.write(samples, values.subarray(i * size, (i + 1) * size));
  });
  const dims = [items.length, ...own];
  return type === 'float16'
    ? { type, data: float16Of(values), dims }
    : { type: 'float32', data: values, dims };
}

/** The model's input of features. */
export const featuresInput: Input<HearingStage> = {
  spec: ({ input: { encoding } }) =>
    encoding === 'log-mel'
      ? { name: 'input_features', types: FLOATS, dims: [null, null] }
      : { name: 'input_values', types: FLOATS, dims: [null] },
  encode,
};

/**
 * A program that gives recordings whose features have one size to another program together, and those of other sizes apart:
 * padding would change what a model hears. Whisper's features all have one size.
 */
export function oneSizeAtATime<S extends HearingStage, R>(program: Program<S, R>): Program<S, R> {
  return {
    signatures: program.signatures,
    async run(stage, items, sessions, scratch) {
      const bySize = new Map<string, number[]>();
      items.forEach((item, i) => {
        checkItem(stage.name, recordings(stage), item);
        const size = String(stage.features!.dimsOf(samplesOf(item).length));
        const group = bySize.get(size);
        if (group) group.push(i);
        else bySize.set(size, [i]);
      });
      const results = new Array<R>(items.length);
      const parts: ProgramRun<R>[] = [];
      for (const group of bySize.values()) {
        const part = await program.run(
          stage,
          group.map((i) => items[i]!),
          sessions,
          scratch,
        );
        group.forEach((i, place) => {
          results[i] = part.results[place]!;
        });
        parts.push(part);
      }
      return {
        results,
        outputs: parts.flatMap(({ outputs }) => outputs),
        runs: parts.flatMap(({ runs }) => runs),
      };
    },
  };
}
