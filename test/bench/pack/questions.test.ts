import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { onDisk } from '../../../bench/pack/disk.ts';
import { splitFields } from '../../../models/items/fields.ts';
import { itemsOf } from '../../../models/items/item-batch.ts';
import { parsePack } from '../../../models/packs/pack.ts';
import { fromQuestions } from '../../../models/packs/sources/questions.ts';
import { packBytes } from '../../../models/packs/write.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { language, pipelineOf, spam } from '../../models/stages.ts';
import { folderOfFile } from '../../temporary-folder.ts';

const folder = folderOfFile();

const answer = {
  ...{ name: 'answer', task: 'question-answering', variants: spam.variants, unanswerable: true },
  input: { length: 16, stride: 4 },
};

/** Makes a pack of a file. @returns the pack's texts, questions and truths */
async function packOf(content: string, ...stages: ManifestStage[]) {
  const file = join(folder, 'questions');
  await writeFile(file, content);
  const pipeline = pipelineOf(...stages);
  const tensors = await fromQuestions(file, { pipeline, limit: 10, seed: 1, files: onDisk, onItem() {} });
  const { items, truths } = await parsePack(await packBytes(tensors), pipeline);
  const text = new TextDecoder();
  const parts = itemsOf(items).map((item) => splitFields(pipeline.first.format, item));
  return {
    items: parts.map(({ content: own, texts }) => [own, ...texts].map((bytes) => text.decode(bytes))),
    truths,
  };
}

const lines = (...values: object[]) => values.map((value) => JSON.stringify(value)).join('\n');

test('JSON lines: any of the answers counts, and none means that the text has none', async () => {
  const pack = await packOf(
    lines(
      { context: 'Anna waits.', question: 'Who?', answers: ['Anna', 'anna\n waits', 'Anna'] },
      { context: 'Nobody.', question: 'When?', answers: [] },
    ),
    answer,
  );
  expect(pack.items).toEqual([
    ['Anna waits.', 'Who?'],
    ['Nobody.', 'When?'],
  ]);
  expect(pack.truths.map(({ truth }) => truth)).toEqual([['Anna', 'anna waits'], ['']]);
});

test('a stage before the answers has its labels in the lines', async () => {
  const pack = await packOf(
    lines({ context: 'Anna waits.', question: 'Who?', answers: ['Anna'], labels: { language: 'eng' } }),
    language,
    answer,
  );
  expect(pack.items).toEqual([['Anna waits.', 'Who?']]);
  expect(pack.truths).toEqual([{ truth: 0, children: [{ truth: ['Anna'], children: [] }] }]);
});

test('a line without the label of the stage before the answers is refused, with the remedy', async () => {
  const line = lines({ context: 'Anna waits.', question: 'Who?', answers: ['Anna'] });
  await expect(packOf(line, language, answer)).rejects.toThrow(
    /questions, line 1: it has no label of stage "language".* with "labels": \{"language": …\}/,
  );
});

test('what is no file of questions, or for a pipeline that answers none, is refused', async () => {
  const line = lines({ context: 'Anna waits.', question: 'Who?', answers: ['Anna'] });
  await expect(packOf(line, language)).rejects.toThrow(/no stage of the pipeline answers any/);
  await expect(packOf('{"context": "a"}', answer)).rejects.toThrow(InvalidDocumentError);
  await expect(packOf('{"data": [{"paragraphs": 3}]}', answer)).rejects.toThrow(/data\[0\]\.paragraphs/);
  await expect(packOf('{"data": []}', answer)).rejects.toThrow(/no labelled items/);
});
