import { UnusableConfigError } from './errors.ts';
import type { HubModel } from './kind.ts';

/** Maximum number of tokens of a text if the repository states no limit: BERT's. */
const TOKENS_MAX = 512;
/** Maximum number of tokens of a text in any stage. */
const TEXT_TOKENS_MAX = 8192;
/** Matches the types of models that number positions from the padding token's id + 1, so that 514 positions hold 512 tokens. */
const AFTER_PADDING = /roberta|camembert|longformer|mpnet|data2vec-text/;
/** Tokens that two windows of a long text share, as in the pipelines of the hub's own library. */
export const STRIDE = 128;

/** Maximum number of tokens of a text that a hub model takes. @throws UnusableConfigError if its repository has no tokenizer */
export function textLengthOf({ id, config, tokenizer }: HubModel): number {
  if (!tokenizer)
    throw new UnusableConfigError(
      id,
      'has no tokenizer.json with a tokenizer_config.json, which a model of texts needs',
    );
  const positions = config.max_position_embeddings ?? config.n_positions;
  const first = AFTER_PADDING.test(config.model_type ?? '') ? (config.pad_token_id ?? 1) + 1 : 0;
  const stated = [tokenizer.model_max_length, positions && positions - first].filter(
    (limit) => limit != null,
  );
  const limits = stated.length > 0 ? stated : [TOKENS_MAX];
  return Math.max(1, Math.min(...limits, TEXT_TOKENS_MAX));
}
