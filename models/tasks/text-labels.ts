import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { InvalidPackError, type TensorFile } from '../packs/safetensors.ts';
import { splitParts } from '../packs/split.ts';
import { type NamedTensor, textTensors } from '../packs/write.ts';
import { LabelError } from './label-error.ts';
import type { TruthRows } from './task.ts';

/**
 * Reads a pack's labels of a stage that answers with texts: `label.<stage>` U8, the texts in UTF-8 back to back, and
 * `label_end.<stage>` I32 [rows], the end of each text. A row with an empty text has no label, because it never reaches the
 * stage. Each labelled row leads to one row of the next stage.
 * @throws InvalidPackError
 */
export function readTextTruths(
  file: TensorFile,
  { name }: Pick<ManifestStage, 'name'>,
  rows: number,
): TruthRows<string> {
  const ends = file.read(`label_end.${name}`, 'I32', 1).data;
  if (ends.length !== rows)
    throw new InvalidPackError(`"label_end.${name}" should have ${rows} labels, but has ${ends.length}`);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts = splitParts(file.read(`label.${name}`, 'U8', 1).data, ends, 1, `"label.${name}" row`).map(
    (bytes, row) => {
      try {
        return decoder.decode(bytes);
      } catch (cause) {
        throw new InvalidPackError(`"label.${name}" has a label at row ${row} that is not UTF-8`, { cause });
      }
    },
  );
  return {
    truths: texts.map((text) => (text === '' ? null : text)),
    children: texts.map((text, row) => (text === '' ? [] : [row])),
    childRows: rows,
  };
}

/** Reads a label that is a text. @throws LabelError */
export function readText({ name }: Pick<ManifestStage, 'name'>, label: unknown): string {
  if (typeof label === 'string') return label;
  throw new LabelError(
    `stage "${name}" answers with a text, but its label is not a text`,
    'Write the text as a JSON string.',
  );
}

/** Writes the labels of a stage that answers with texts, as {@link readTextTruths} reads them. */
export const writeTexts = (
  { name }: Pick<ManifestStage, 'name'>,
  texts: readonly (string | null)[],
): NamedTensor[] =>
  textTensors(
    `label.${name}`,
    `label_end.${name}`,
    texts.map((text) => text ?? ''),
  );

/** Separates alternative right texts in one label. */
const SEPARATOR = '\n';

/**
 * Joins alternative right texts into one label. Without any text, the label is one separator, so that only the empty text is
 * right.
 */
export const labelOfAlternatives = (texts: readonly string[]): string =>
  texts
    .map((text) => text.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
    .join(SEPARATOR) || SEPARATOR;

/** Splits a label into its alternative right texts, at least one. */
export const alternativesOf = (label: string): readonly string[] => [...new Set(label.split(SEPARATOR))];
