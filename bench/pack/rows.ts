import { z } from 'zod';
import { FIELD_BYTES_MAX } from '../../models/items/fields.ts';
import type { Pipeline } from '../../models/manifests/pipeline.ts';
import { type NamedTensor, textLabelTensors, textTensors } from '../../models/packs/write.ts';
import { classesOf, classTensors, labelOf } from './labels.ts';
import { UnfitDataError } from './unfit.ts';

/** Items with at most one label for each stage, as JSON lines hold them. */

export const rowSchema = z.object({
  /** By stage: the name of a class or, where a stage answers with texts, the text. An item without one never reaches the stage. */
  labels: z.record(z.string(), z.string()).default({}),
  /** Texts that come with the item, e.g. a question. */
  fields: z.record(z.string(), z.string()).default({}),
});

export interface Row extends z.output<typeof rowSchema> {
  /** The row's place, for errors. */
  readonly where: string;
}

/** @throws UnfitDataError if a text is too long */
export function checkText(text: string, bytesMax: number, where: string): void {
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

/** The labels of rows for every stage, and the fields that the pipeline reads. @throws UnfitDataError */
export const rowTensors = ({ stages, first }: Pipeline, rows: readonly Row[]): NamedTensor[] => [
  ...classTensors(stages, (stage) =>
    rows.map(({ labels: { [stage.name]: label }, where }) =>
      label === undefined ? -1 : labelOf(stage, label, where),
    ),
  ),
  ...stages
    .filter((stage) => !classesOf(stage))
    .flatMap(({ name }) =>
      textLabelTensors(
        name,
        rows.map(({ labels }) => labels[name] ?? ''),
      ),
    ),
  ...(first.format.fields ?? []).flatMap((name) =>
    textTensors(
      `field.${name}`,
      `field_end.${name}`,
      rows.map((row) => fieldOf(row, name)),
    ),
  ),
];
