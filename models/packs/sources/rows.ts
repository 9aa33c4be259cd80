import { z } from 'zod';
import { recordOf } from '../../../solver/documents/common.ts';
import { FIELD_BYTES_MAX } from '../../items/fields.ts';
import type { Pipeline } from '../../manifests/pipeline.ts';
import { type NamedTensor, textTensors } from '../write.ts';
import { labelTensors } from './labels.ts';
import type { SourceOptions } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** Converts rows of JSON lines to the tensors of a pack. A row is an item with at most one label for each stage. */

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
      `Add "fields": {"${name}": "…"} to the line.`,
    );
  checkText(text, FIELD_BYTES_MAX, where);
  return text;
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
    // The label of a stage that writes texts is the next stage's text, as if the stage made no errors.
    if (task.judged === 'last') texts = labels.map(({ label }) => (typeof label === 'string' ? label : null));
    return labelTensors(stage, labels);
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
