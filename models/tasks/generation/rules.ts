import { z } from 'zod';
import { listOf, recordOf } from '../../../solver/documents/common.ts';
import { parseAsset } from '../asset.ts';

/** The rules by which a variant generates tokens, from the hub's `config.json` and `generation_config.json`. */

/** Roles of the two files that hold the rules. */
export const RULES_ASSETS = ['config', 'generation-config'] as const;

const VOCABULARY_MAX = 10_000_000;
const tokenId = z.int().min(0).max(VOCABULARY_MAX);
const tokenIds = listOf(tokenId, { most: 100_000 });
const endIds = z.union([tokenId, listOf(tokenId, { least: 1, most: 1000 })]);
/** Limit on the number of banned sequences, because a search checks all of them after every token. */
const SEQUENCES_MAX = 10_000;
/** Limit on the length of a banned sequence, in tokens. */
const SEQUENCE_LENGTH_MAX = 32;

/**
 * The fields of both files. A field of `generation_config.json` overrides the same field of `config.json`, and a field of the
 * task under `task_specific_params` overrides both, as in transformers' pipelines.
 */
const rulesSchema = z.looseObject({
  decoder_start_token_id: tokenId.nullish(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: endIds.nullish(),
  forced_bos_token_id: tokenId.nullish(),
  forced_eos_token_id: endIds.nullish(),
  suppress_tokens: tokenIds.nullish(),
  begin_suppress_tokens: tokenIds.nullish(),
  bad_words_ids: listOf(listOf(tokenId, { least: 1, most: SEQUENCE_LENGTH_MAX }), {
    most: SEQUENCES_MAX,
  }).nullish(),
  no_repeat_ngram_size: z.int().min(0).max(100).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  min_length: z.int().min(0).nullish(),
  length_penalty: z.number().nullish(),
  renormalize_logits: z.boolean().nullish(),
  early_stopping: z.union([z.boolean(), z.string()]).nullish(),
  max_position_embeddings: z.int().positive().nullish(),
  max_target_positions: z.int().positive().nullish(),
});
const fileSchema = rulesSchema.extend({
  model_type: z.string().nullish(),
  task_specific_params: recordOf(rulesSchema).nullish(),
});
type RulesFile = z.output<typeof rulesSchema>;

export interface GenerationRules {
  /** The tokens with which the decoder starts. */
  readonly prompt: readonly number[];
  /** A row ends with any of these tokens. */
  readonly endIds: readonly number[];
  /** Maximum number of tokens after the prompt, the end token included. */
  readonly tokensMax: number;
  /** Minimum number of tokens between the prompt and the end token. */
  readonly tokensMin: number;
  /** The token that must follow the prompt; null if any may. */
  readonly forcedFirst: number | null;
  /** A row that reaches `tokensMax` must end with one of these tokens; empty if it may end with any token. */
  readonly forcedLast: readonly number[];
  /** Tokens that the model never generates. */
  readonly banned: readonly number[];
  /** Tokens that the model does not generate directly after the prompt. */
  readonly bannedFirst: readonly number[];
  /** Sequences that the model never completes: it does not generate the last token after the others. */
  readonly bannedSequences: readonly (readonly number[])[];
  /** The model repeats no sequence of this many tokens; 0 allows all repetitions. */
  readonly noRepeat: number;
  /** The divisor of a positive logit, and factor of a negative one, of each token that occurred before; 1 changes nothing. */
  readonly repetitionPenalty: number;
  /** Number of beams; 1 is greedy. */
  readonly beams: number;
  /** Whether beam search rescales the probabilities of the allowed tokens to a sum of 1. */
  readonly renormalised: boolean;
  /** A beam's score is its log-probability ÷ (number of tokens)^penalty. */
  readonly lengthPenalty: number;
  /** Whether an item ends as soon as `beams` of its beams are finished. */
  readonly earlyStopping: boolean;
}

/** Settings of a stage for generation, in addition to the variant's own rules. */
interface GenerationLimits {
  readonly task: string;
  readonly tokensMax: number;
  readonly beams: number;
  /** Tokens of the prompt after the decoder's start token; absent: none. */
  readonly promptIds?: readonly number[];
}

/** Reads a variant's rules from its assets. @throws InvalidDocumentError */
export function readRules(
  assets: Readonly<Record<string, Uint8Array>>,
  { task, tokensMax, beams, promptIds = [] }: GenerationLimits,
): GenerationRules {
  const [config, generation] = RULES_ASSETS.map((role) =>
    parseAsset(fileSchema, assets[role]!, `${role.replace('-', '_')}.json`),
  );
  const own = config!.task_specific_params?.[task] ?? {};
  const file: RulesFile = { ...config, ...present(generation!), ...present(own) };
  const prompt = [file.decoder_start_token_id ?? file.bos_token_id ?? 0, ...promptIds];
  const positions = file.max_target_positions ?? file.max_position_embeddings ?? Number.POSITIVE_INFINITY;
  const badWords = file.bad_words_ids ?? [];
  return {
    prompt,
    endIds: [file.eos_token_id ?? []].flat(),
    tokensMax: Math.max(1, Math.min(tokensMax, positions - prompt.length)),
    tokensMin: Math.max(0, (file.min_length ?? 0) - prompt.length),
    forcedFirst: file.forced_bos_token_id ?? null,
    forcedLast: [file.forced_eos_token_id ?? []].flat(),
    banned: [...(file.suppress_tokens ?? []), ...badWords.flatMap((ids) => (ids.length === 1 ? ids : []))],
    bannedFirst: file.begin_suppress_tokens ?? [],
    bannedSequences: badWords.filter(({ length }) => length > 1),
    noRepeat: file.no_repeat_ngram_size ?? 0,
    repetitionPenalty: file.repetition_penalty ?? 1,
    beams,
    // Marian's models need renormalised probabilities, because they may give the forbidden padding token a high one; older files
    // do not state the field.
    renormalised: file.renormalize_logits ?? config!.model_type === 'marian',
    lengthPenalty: file.length_penalty ?? 1,
    earlyStopping: file.early_stopping === true,
  };
}

const present = (file: RulesFile): Partial<RulesFile> =>
  Object.fromEntries(Object.entries(file).filter(([, value]) => value !== null && value !== undefined));
