import { z } from 'zod';
import { type NamedTensor, textTensors } from '../../models/packs/write.ts';
import { checkText, rowSchema, rowTensors } from './rows.ts';
import { chosen, formatOf, readLines, type SourceOptions } from './source.ts';

const textSchema = rowSchema.extend({ text: z.string().min(1) });

/**
 * Reads texts as JSON lines, `{"text": "…", "labels": {"<stage>": "<class or text>"}, "fields": {"<field>": "…"}}`.
 * @throws UnfitDataError, InvalidDocumentError
 */
export async function fromTexts(file: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const { bytesMax } = formatOf(pipeline, 'text', file);
  const rows = chosen(await readLines(textSchema, file), options, file);
  for (const [i, { text, where }] of rows.entries()) {
    checkText(text, bytesMax, where);
    options.onItem(i + 1, rows.length);
  }
  return [
    ...textTensors(
      'text',
      'text_end',
      rows.map(({ text }) => text),
    ),
    ...rowTensors(pipeline, rows),
  ];
}
