import { type HubKind, type HubModel, hasArchitecture } from '../../hub/kind.ts';
import { textLengthOf } from '../../hub/text-length.ts';

/** Most tokens of an answer where the repository states no limit. */
const TOKENS_MAX = 128;
/** No stage generates longer answers, or keeps more beams. */
const MOST = { tokens: 4096, beams: 16 };

/** Fields that the user of a generating model chooses. */
export const GENERATION_CHOICES = ['tokensMax', 'beams'];

/**
 * How much a hub model generates: the limit and the beams of its own repository. What the repository says of the task counts before
 * what it says of all tasks.
 * @param tokensMax where the repository states none
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
  return { tokensMax: Math.min(Math.max(1, most), MOST.tokens), beams: Math.min(beams, MOST.beams) };
}

/** Models that make a text of a text. T5 does whatever stands before the text, so the user says which task it has. */
const ANY_TASK = /^M?T5ForConditionalGeneration$/;

interface TextToTextModels extends Pick<HubKind, 'task' | 'stageName' | 'models'> {
  /** Architectures whose models have the task. */
  readonly surely: RegExp;
}

/** The hub's models of a task that makes a text of a text with an encoder and a decoder. */
export const textToTextModels = ({ surely, ...kind }: TextToTextModels): HubKind => ({
  ...kind,
  fits(model) {
    if (hasArchitecture(model, surely)) return 'surely';
    return hasArchitecture(model, ANY_TASK) ? 'if-told' : 'no';
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
