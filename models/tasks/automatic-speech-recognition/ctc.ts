import { z } from 'zod';
import { listOf, recordOf } from '../../../solver/documents/common.ts';
import { parseAsset } from '../asset.ts';

/**
 * Texts from the outputs of models that are trained with connectionist temporal classification (CTC), such as wav2vec2.
 * The tokenizers' library is not used: without special tokens it also leaves out the blank, and then joins double letters.
 */

const tokenId = z.int().min(0).max(1_000_000);
/** What the hub's `tokenizer.json` says of a tokenizer for CTC. */
const tokenizerSchema = z
  .object({
    model: z.object({ vocab: recordOf(tokenId) }),
    added_tokens: listOf(
      z.object({ id: tokenId, content: z.string(), special: z.boolean().default(false) }),
    ).default([]),
    decoder: z.object({
      type: z.literal('CTC'),
      /** The token of "no letter here". */
      pad_token: z.string(),
      word_delimiter_token: z.string(),
    }),
  })
  .transform(({ model, added_tokens: added, decoder }) => ({
    /** Class of each token. */
    vocab: new Map([
      ...Object.entries(model.vocab),
      ...added.map(({ id, content }) => [content, id] as const),
    ]),
    added,
    decoder,
  }))
  .refine(({ vocab, decoder }) => vocab.has(decoder.pad_token), {
    path: ['decoder', 'pad_token'],
    message: 'expected a token of the vocabulary',
  });

/** The letters that a model's classes stand for. */
export interface CtcAlphabet {
  /** Class that stands for no letter, and tells a double letter from a long one. */
  readonly blank: number;
  /** Text of each class; a space between words, and empty for classes without a text. */
  readonly letters: ReadonlyMap<number, string>;
}

/** Reads the letters from `tokenizer.json`. @throws InvalidDocumentError */
export function readCtcAlphabet(tokenizer: Uint8Array): CtcAlphabet {
  const { vocab, added, decoder } = parseAsset(tokenizerSchema, tokenizer, 'tokenizer.json');
  const letters = new Map([...vocab].map(([token, id]) => [id, token]));
  for (const { id, content, special } of added) letters.set(id, special ? '' : content);
  const delimiter = vocab.get(decoder.word_delimiter_token);
  if (delimiter !== undefined) letters.set(delimiter, ' ');
  const blank = vocab.get(decoder.pad_token)!;
  letters.set(blank, '');
  return { blank, letters };
}

/**
 * The most probable class of each frame; then runs of one class count once, and blanks not at all (greedy decoding,
 * Graves et al. 2006, section 3.2).
 * @param logits [frames, classes]
 */
export function greedyClasses(logits: Float32Array, classes: number, blank: number): number[] {
  const found: number[] = [];
  let last = blank;
  for (let frame = 0; frame + classes <= logits.length; frame += classes) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[frame + c]! > logits[frame + best]!) best = c;
    if (best !== last && best !== blank) found.push(best);
    last = best;
  }
  return found;
}

/** The text of a recording. @param logits [frames, classes] */
export const ctcText = (logits: Float32Array, classes: number, { blank, letters }: CtcAlphabet): string =>
  greedyClasses(logits, classes, blank)
    .map((found) => letters.get(found) ?? '')
    .join('')
    .replace(/ +/g, ' ')
    .trim();
