import { z } from 'zod';
import { listOf, recordOf } from '../../../solver/documents/common.ts';
import { parseAsset } from '../asset.ts';
import { logNormaliser, meanProbability } from '../generation/search.ts';
import { indexOfLargest } from '../tensor.ts';

/**
 * Decodes the outputs of models that are trained with connectionist temporal classification (CTC), such as wav2vec2, to texts.
 * The tokenizer library's decoder is unfit: when it skips special tokens it drops the blank too, and so merges double letters.
 */

const tokenId = z.int().min(0).max(1_000_000);
/** The fields of a hub's `tokenizer.json` that CTC decoding needs. */
const tokenizerSchema = z
  .object({
    model: z.object({ vocab: recordOf(tokenId) }),
    added_tokens: listOf(
      z.object({ id: tokenId, content: z.string(), special: z.boolean().default(false) }),
    ).default([]),
    decoder: z.object({
      type: z.literal('CTC'),
      /** The CTC blank. */
      pad_token: z.string(),
      word_delimiter_token: z.string(),
    }),
  })
  .transform(({ model, added_tokens: added, decoder }) => ({
    /** Class index of each token. */
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
  /** Class of the CTC blank, which means "no letter" and separates the two letters of a double letter. */
  readonly blank: number;
  /** Text of each class: a space for the word delimiter, empty for the blank and special tokens. */
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

/** The result of greedy decoding. */
interface CtcPath {
  /** The recognised classes in order, without blanks; a double letter appears twice. */
  readonly classes: number[];
  /** Geometric mean of the probabilities of the frames' classes, blanks included; 1 without frames. */
  readonly score: number;
}

/**
 * Takes the most probable class of each frame, merges runs of one class and then drops blanks (greedy decoding, Graves et al.
 * 2006, section 3.2). The probability of the path is the product of the probabilities of its frames.
 * @param logits [frames, classes]
 */
export function greedyPath(logits: Float32Array, classes: number, blank: number): CtcPath {
  const found: number[] = [];
  let last = blank;
  let logProbability = 0;
  // A model may give no classes, and then there are no frames either.
  const frames = classes > 0 ? Math.floor(logits.length / classes) : 0;
  for (let f = 0; f < frames; f++) {
    const frame = logits.subarray(f * classes, (f + 1) * classes);
    const best = indexOfLargest(frame);
    logProbability += frame[best]! - logNormaliser(frame, frame[best]!);
    if (best !== last && best !== blank) found.push(best);
    last = best;
  }
  return { classes: found, score: meanProbability(logProbability, frames) };
}

/** Decodes a recording's text, with the score of its {@link greedyPath}. @param logits [frames, classes] */
export function ctcTranscript(
  logits: Float32Array,
  classes: number,
  { blank, letters }: CtcAlphabet,
): { text: string; score: number } {
  const path = greedyPath(logits, classes, blank);
  const text = path.classes
    .map((found) => letters.get(found) ?? '')
    .join('')
    .replace(/ +/g, ' ')
    .trim();
  return { text, score: path.score };
}
