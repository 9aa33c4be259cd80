import { z } from 'zod';
import { listOf } from '../../../solver/documents/common.ts';
import { parseDocument } from '../../../solver/documents/document.ts';
import type { Pipeline } from '../../manifests/pipeline.ts';
import type { NamedTensor } from '../write.ts';
import { type Row, rowSchema, textRowTensors } from './rows.ts';
import { chosen, formatOf, readLines, type SourceFiles, type SourceOptions } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** Name of the item field that holds the question. */
const FIELD = 'question';

const answers = listOf(z.string());
const lineSchema = rowSchema
  .extend({ context: z.string().min(1), [FIELD]: z.string().min(1), answers })
  .transform(({ context: text, ...row }) => ({ text, ...row }));

const paragraph = z.object({
  context: z.string(),
  qas: listOf(
    z.object({ id: z.string(), question: z.string(), answers: listOf(z.object({ text: z.string() })) }),
  ),
});
const squadSchema = z.object({ data: listOf(z.object({ paragraphs: listOf(paragraph) })) });

interface Question extends Row {
  readonly text: string;
  readonly question: string;
  readonly answers: readonly string[];
}

/** Reads the questions of a file in the format of SQuAD; null if the file is not one JSON object with `data`. */
async function inSquad(file: string, files: SourceFiles): Promise<Question[] | null> {
  const text = await files.text(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // the file may still have a JSON object on each line
  }
  if (typeof value !== 'object' || value === null || !('data' in value)) return null;
  return parseDocument(squadSchema, value, file).data.flatMap(({ paragraphs }) =>
    paragraphs.flatMap(({ context, qas }) =>
      qas.map((own) => ({
        text: context,
        question: own.question,
        answers: own.answers.map((answer) => answer.text),
        labels: {},
        fields: {},
        where: `${file}, question ${own.id}`,
      })),
    ),
  );
}

/** Name of the stage that answers questions. @throws UnfitDataError */
function answeringStage({ stages }: Pipeline, file: string): string {
  const found = stages.find(({ task, stage }) => task.itemFormat(stage).fields?.includes(FIELD));
  if (found) return found.name;
  throw new UnfitDataError(
    file,
    'it has questions, but no stage of the pipeline answers any',
    'Add a model that does, or give texts without questions.',
  );
}

/**
 * Reads texts with questions and answers. Each listed answer counts as right. An empty list means that the text does not answer
 * the question.
 * @param file JSON lines, `{"context": "…", "question": "…", "answers": ["…"], "labels": {…}}`, where `labels` is optional and
 *   for other stages; or SQuAD's JSON
 * @throws UnfitDataError, InvalidDocumentError
 */
export async function fromQuestions(file: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const { bytesMax } = formatOf(pipeline, 'text', file);
  const stage = answeringStage(pipeline, file);
  const all: readonly Question[] =
    (await inSquad(file, options.files)) ?? (await readLines(lineSchema, file, options.files));
  const rows = chosen(all, options, file).map((row) => ({
    ...row,
    labels: { ...row.labels, [stage]: row.answers },
    fields: { ...row.fields, [FIELD]: row.question },
  }));
  return textRowTensors(rows, bytesMax, options);
}
