import { z } from 'zod';
import type { NamedTensor } from '../write.ts';
import { rowSchema, textRowTensors } from './rows.ts';
import { chosen, formatOf, readLines, type SourceOptions } from './source.ts';

/** A line has either the text or its words. */
const textSchema = rowSchema
  .extend({
    text: z.string().min(1).optional(),
    tokens: z.array(z.string().regex(/^\S+$/, 'expected a word without white space')).min(1).optional(),
  })
  .refine(({ text, tokens }) => (text === undefined) !== (tokens === undefined), {
    message: 'expected either "text" or "tokens"',
  })
  .transform(({ text, tokens, ...row }) => ({ ...row, text: text ?? tokens!.join(' ') }));

/**
 * Reads texts from JSON lines, `{"text": "…", "labels": {"<stage>": <label>}, "fields": {"<field>": "…"}}`. A line may have
 * `"tokens"`, a list of words, instead of `"text"`. A label is the name of a class, a text, or the entities of the text.
 * @throws UnfitDataError, InvalidDocumentError
 */
export async function fromTexts(file: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { bytesMax } = formatOf(options.pipeline, 'text', file);
  const rows = chosen(await readLines(textSchema, file, options.files), options, file);
  return textRowTensors(rows, bytesMax, options);
}
