import { z } from 'zod';
import { recordOf } from '../../../solver/documents/common.ts';
import { FIELD_BYTES_MAX } from '../../items/fields.ts';
import { TEXT_BYTES_MAX, textItem, textOf } from '../../items/text.ts';
import type { Pipeline, PipelineStage } from '../../manifests/pipeline.ts';
import { type NamedTensor, textTensors } from '../write.ts';
import { truthsOf } from './labels.ts';
import type { SourceOptions } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** Converts rows to the tensors of a pack. A row, e.g. a line of JSON, is an item with at most one label for each stage. */

export const rowSchema = z.object({
  /** Labels by the stage's name, e.g. a class name or a text. An item without a label for a stage never reaches that stage. */
  labels: recordOf(z.unknown()).default({}),
  /** Texts that come with the item, e.g. a question. */
  fields: recordOf(z.string()).default({}),
});

export interface Row extends z.output<typeof rowSchema> {
  /** The text that the first stage gets; null if it gets none. */
  readonly text: string | null;
  /** The row's place in the source, for errors. */
  readonly where: string;
}

/** @throws UnfitDataError if a text is too long */
function checkText(text: string, bytesMax: number, where: string): void {
  const { length } = new TextEncoder().encode(text);
  if (length > bytesMax)
    throw new UnfitDataError(where, `the text has ${length} bytes, at most ${bytesMax} fit`, 'Shorten it.');
}

function fieldOf({ fields, where }: Row, name: string): string {
  const text = fields[name];
  if (text === undefined)
    throw new UnfitDataError(
      where,
      `it has no field "${name}", which a stage of the pipeline reads`,
      `Give each item as a line of JSON with "fields": {"${name}": "…"}.`,
    );
  checkText(text, FIELD_BYTES_MAX, where);
  return text;
}

/** The text that the next stage gets of a row, as if this stage made no errors; null if the row has no label of this stage. */
function textAfter({ stage, task, next }: PipelineStage, text: string | null, truth: unknown): string | null {
  if (!next || truth === null) return null;
  const item = textItem(text ?? '', TEXT_BYTES_MAX);
  const [child] = task.children(stage, item, task.perfect(truth), next.format);
  // A row that this stage does not pass on may still have a label of the next stage, which then refers to this stage's text.
  return child ? textOf(child) : text;
}

/** Makes the label tensors of all stages. @throws UnfitDataError */
function allLabels({ stages, first }: Pipeline, rows: readonly Row[]): NamedTensor[] {
  const bare = rows.find(({ labels }) => labels[first.name] === undefined);
  if (bare)
    throw new UnfitDataError(
      bare.where,
      `it has no label of stage "${first.name}", with which the pipeline begins`,
      `Give each item as a line of JSON with "labels": {"${first.name}": …}.`,
    );
  const several = stages.slice(0, -1).find(({ task, stage }) => task.fanOut(stage) === 'each-row');
  if (several)
    throw new UnfitDataError(
      rows[0]!.where,
      `stage "${several.name}" passes on any number of items, for which a line has no labels`,
      'Make that stage the last one.',
    );
  let texts: readonly (string | null)[] = rows.map(({ text }) => text);
  return stages.flatMap((stage) => {
    const { name, task } = stage;
    const labels = rows.map(({ labels: { [name]: label }, where }, i) => ({ label, where, text: texts[i]! }));
    const truths = truthsOf(stage, labels);
    texts = truths.map((truth, i) => textAfter(stage, texts[i]!, truth));
    return task.writeTruths(stage.stage, truths);
  });
}

/** Makes the tensors of all stages' labels and of the fields that the pipeline reads. @throws UnfitDataError */
export const rowTensors = (pipeline: Pipeline, rows: readonly Row[]): NamedTensor[] => [
  ...allLabels(pipeline, rows),
  ...(pipeline.first.format.fields ?? []).flatMap((name) =>
    textTensors(
      `field.${name}`,
      `field_end.${name}`,
      rows.map((row) => fieldOf(row, name)),
    ),
  ),
];

/** Makes all tensors of a pack whose items are texts. @throws UnfitDataError */
export function textRowTensors(
  rows: readonly (Row & { readonly text: string })[],
  bytesMax: number,
  { pipeline, onItem }: SourceOptions,
): NamedTensor[] {
  const texts = rows.map(({ text, where }, i) => {
    checkText(text, bytesMax, where);
    onItem(i + 1, rows.length);
    return text;
  });
  return [...textTensors('text', 'text_end', texts), ...rowTensors(pipeline, rows)];
}
