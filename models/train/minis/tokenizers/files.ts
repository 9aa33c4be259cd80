/** JSON pieces that the tokenizer files of all mini pipelines share. */

/** The content of tokenizer.json and of tokenizer_config.json. */
export interface TokenizerFiles {
  readonly json: object;
  readonly config: object;
}

export const POSITIONS = 128;

export const added = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

export const special = (id: string, type_id = 0) => ({ SpecialToken: { id, type_id } });
export const sequence = (id: 'A' | 'B', type_id = 0) => ({ Sequence: { id, type_id } });

/**
 * A post-processor that puts special tokens around one text (`single`) or two (`pair`).
 * @param tokens ids of the special tokens
 */
export const template = (single: object[], pair: object[], tokens: Readonly<Record<string, number>>) => ({
  type: 'TemplateProcessing',
  single,
  pair,
  special_tokens: Object.fromEntries(
    Object.entries(tokens).map(([token, id]) => [token, { id: token, ids: [id], tokens: [token] }]),
  ),
});

export const plainJson = { version: '1.0', truncation: null, padding: null };
