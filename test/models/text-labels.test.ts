import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidPackError, TensorFile } from '../../models/packs/safetensors.ts';
import { LabelError } from '../../models/tasks/label-error.ts';
import { readTextTruths, writeTexts } from '../../models/tasks/text-labels.ts';
import { writing } from '../../models/tasks/text-results.ts';
import { i32, type NamedTensor, safetensors, u8, written } from './safetensors.ts';

const stage = { name: 'write' };
const read = (tensors: Record<string, NamedTensor>, rows: number) =>
  readTextTruths(new TensorFile(safetensors(tensors)), stage, rows);

test('texts come back as they were written; a row without text has no label and leads to no row', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 6 }), (texts) => {
      const file = new TensorFile(written(writeTexts(stage, texts)));
      const rows = readTextTruths(file, stage, texts.length);
      expect(rows.truths).toEqual(texts.map((text) => text || null));
      expect(rows.children).toEqual(texts.map((text, row) => (text ? [row] : [])));
      expect(rows.childRows).toBe(texts.length);
    }),
  );
});

test('an empty text is no label, because a pack could not tell it from a label that is missing', () => {
  const { readLabel } = writing('translation', 'chrF', () => ({ earned: 1, possible: 1 }));
  expect(readLabel(stage, 'un texte')).toBe('un texte');
  expect(() => readLabel(stage, '')).toThrow(LabelError);
});

test.each<[string, Record<string, NamedTensor>, RegExp]>([
  ['lacks the ends', { 'label.write': u8([0], []) }, /no tensor "label_end\.write"/],
  [
    'has too few labels',
    { 'label.write': u8([2], [97, 98]), 'label_end.write': i32([2]) },
    /"label_end\.write" should have 2 labels, but has 1/,
  ],
  [
    'has ends that go back',
    { 'label.write': u8([2], [97, 98]), 'label_end.write': i32([2, 1]) },
    /"label\.write" row 1 ends at value 1, but begins at value 2/,
  ],
  [
    'ends early',
    { 'label.write': u8([3], [97, 98, 99]), 'label_end.write': i32([1, 2]) },
    /last "label\.write" row ends at value 2 of 3/,
  ],
  [
    'is not UTF-8',
    { 'label.write': u8([2], [97, 0xff]), 'label_end.write': i32([1, 2]) },
    /a label at row 1 that is not UTF-8/,
  ],
])('a pack that %s is refused', (_, tensors, problem) => {
  expect(() => read(tensors, 2)).toThrow(InvalidPackError);
  expect(() => read(tensors, 2)).toThrow(problem);
});
