import { z } from 'zod';
import { listOf, positiveCount, recordOf } from '../../solver/documents/common.ts';

/** The fields of a hub model's configuration files that pinning reads. The schemas drop all other fields. */

const side = positiveCount;
/** The side of a square, a height and width, or the shorter side of a picture that keeps its proportions. */
const size = z.union([
  side,
  z.tuple([side, side]),
  z.object({ height: side, width: side }),
  z.object({ shortest_edge: side }),
]);
const perChannel = z.union([z.number(), listOf(z.number(), { least: 1, most: 3 })]);
const names = z.string().max(1000);

const text = z.string().max(1000).nullish().catch(null);

/** Limits on generated tokens, and the number of beams. `max_length` also counts the token that starts the decoder. */
const generating = {
  max_length: positiveCount.nullish().catch(null),
  max_new_tokens: positiveCount.nullish().catch(null),
  num_beams: positiveCount.nullish().catch(null),
};

export const modelConfig = z.object({
  architectures: listOf(names).nullish(),
  model_type: names.nullish(),
  id2label: recordOf(z.string()).nullish(),
  label_names: listOf(z.string()).nullish(),
  /** `multi_label_classification` gives an item any number of classes, and `regression` gives it numbers. */
  problem_type: names.nullish(),
  max_position_embeddings: positiveCount.nullish().catch(null),
  pad_token_id: z.int().nonnegative().nullish().catch(null),
  /** T5's name for `max_position_embeddings`. */
  n_positions: positiveCount.nullish().catch(null),
  ...generating,
  prefix: text,
  /** By task: values that override the limits on generated tokens, the number of beams, and the prefix. */
  task_specific_params: recordOf(z.object({ ...generating, prefix: text }))
    .nullish()
    .catch(null),
  num_channels: z.number().nullish(),
  image_size: size.nullish().catch(null),
  /** The same facts on pictures as in `preprocessor_config.json`, which repositories of timm's models lack. */
  pretrained_cfg: z
    .object({
      input_size: z.tuple([side, side, side]),
      mean: perChannel,
      std: perChannel,
      crop_pct: z.number().positive().nullish(),
    })
    .nullish()
    .catch(null),
});
export type ModelConfig = z.output<typeof modelConfig>;

const flag = z.boolean().nullish();

export const preprocessorConfig = z.object({
  image_processor_type: names.nullish(),
  size: size.nullish(),
  do_center_crop: flag,
  crop_size: size.nullish(),
  /** The side of the model's square, as a fraction of the picture's shorter side. */
  crop_pct: z.number().positive().nullish(),
  do_rescale: flag,
  rescale_factor: z.number().positive().nullish(),
  rescale_offset: flag,
  do_normalize: flag,
  image_mean: perChannel.nullish(),
  image_std: perChannel.nullish(),
  include_top: flag,
  do_flip_channel_order: flag,
  sampling_rate: z.number().positive().nullish().catch(null),
  /** Input length, in samples, of a model with a fixed length, e.g. Whisper. */
  n_samples: positiveCount.nullish().catch(null),
});
export type PreprocessorConfig = z.output<typeof preprocessorConfig>;

export const generationConfig = z.object(generating);
export type GenerationConfig = z.output<typeof generationConfig>;

export const tokenizerConfig = z.object({
  /** Maximum number of tokens of a text. If the limit is not known, the hub's library writes a huge number, which is no int. */
  model_max_length: positiveCount.nullish().catch(null),
});
export type TokenizerConfig = z.output<typeof tokenizerConfig>;

type Size = z.output<typeof size>;

/** Height and width. A size that states only the shorter edge becomes a square, because a stage's pictures have one size. */
export function heightAndWidth(given: Size): { readonly height: number; readonly width: number } {
  if (typeof given === 'number') return { height: given, width: given };
  if (Array.isArray(given)) return { height: given[0], width: given[1] };
  if ('height' in given) return given;
  return { height: given.shortest_edge, width: given.shortest_edge };
}
