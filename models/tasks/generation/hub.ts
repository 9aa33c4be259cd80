import { type HubKind, type HubModel, hasArchitecture } from '../../hub/kind.ts';
import { textLengthOf } from '../../hub/text-length.ts';

/** Default limit on generated tokens where the repository states none. */
const TOKENS_MAX = 128;
/** The manifest's upper limits on a stage's generated tokens and beams. */
const LIMITS = { tokens: 4096, beams: 16 };

/** Fields that the user of a generating model chooses. */
export const GENERATION_CHOICES = ['tokensMax', 'beams'];

/**
 * Reads a hub model's token limit and number of beams from its repository. Parameters of the task override general ones.
 * @param tokensMax default where the repository states no limit
 */
export function generationOf(
  { config, generation }: HubModel,
  task: string,
  tokensMax = TOKENS_MAX,
): { readonly tokensMax: number; readonly beams: number } {
  const files = [config.task_specific_params?.[task], generation, config];
  const stated = files.find((file) => file?.max_new_tokens ?? file?.max_length);
  // `max_length` counts the token that starts the decoder.
  const most = stated?.max_new_tokens ?? (stated?.max_length ? stated.max_length - 1 : tokensMax);
  const beams = files.find((file) => file?.num_beams)?.num_beams ?? 1;
  return { tokensMax: Math.min(Math.max(1, most), LIMITS.tokens), beams: Math.min(beams, LIMITS.beams) };
}

/** Text-to-text models for any task: T5 does the task that the prefix of a text names, so the user must choose the task. */
const ANY_TASK = /^M?T5ForConditionalGeneration$/;

interface TextToTextModels extends Pick<HubKind, 'task' | 'stageName' | 'models'> {
  /** Architectures whose models have this task for sure. */
  readonly surely: RegExp;
}

/** Describes the hub's models of a text-to-text task, which have an encoder and a decoder. */
export const textToTextModels = ({ surely, ...kind }: TextToTextModels): HubKind => ({
  ...kind,
  fits(model) {
    if (hasArchitecture(model, surely)) return 'surely';
    return hasArchitecture(model, ANY_TASK) ? 'if-task-given' : 'no';
  },
  fieldsOf: (model) => ({
    input: {
      length: textLengthOf(model),
      prefix: model.config.task_specific_params?.[kind.task]?.prefix ?? model.config.prefix ?? '',
    },
    ...generationOf(model, kind.task),
  }),
  choices: GENERATION_CHOICES,
  limits: ['input.length'],
});
