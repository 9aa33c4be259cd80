import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { splitFields } from '../../../models/items/fields.ts';
import { itemsOf } from '../../../models/items/item-batch.ts';
import { fromQuestions } from '../../../models/packs/sources/questions.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { language, pipelineOf } from '../../models/stages.ts';
import { folderOfFile } from '../../temporary-folder.ts';
import { answerOrNone, jsonLines, packed } from './sources.ts';

const folder = folderOfFile();

/** Makes a pack of a file. @returns the pack's texts, questions and truths */
async function packOf(content: string, ...stages: ManifestStage[]) {
  const file = join(folder, 'questions');
  await writeFile(file, content);
  const { items, truths } = await packed(stages, (options) => fromQuestions(file, options));
  const text = new TextDecoder();
  const parts = itemsOf(items).map((item) => splitFields(pipelineOf(...stages).first.format, item));
  return {
    items: parts.map(({ content: own, texts }) => [own, ...texts].map((bytes) => text.decode(bytes))),
    truths,
  };
}

test('JSON lines: any of the answers counts, and none means that the text has none', async () => {
  const pack = await packOf(
    jsonLines(
      { context: 'Anna waits.', question: 'Who?', answers: ['Anna', 'anna\n waits', 'Anna'] },
      { context: 'Nobody.', question: 'When?', answers: [] },
    ),
    answerOrNone,
  );
  expect(pack.items).toEqual([
    ['Anna waits.', 'Who?'],
    ['Nobody.', 'When?'],
  ]);
  expect(pack.truths.map(({ truth }) => truth)).toEqual([['Anna', 'anna waits'], ['']]);
});

test('a stage before the answers has its labels in the lines', async () => {
  const pack = await packOf(
    jsonLines({ context: 'Anna waits.', question: 'Who?', answers: ['Anna'], labels: { language: 'eng' } }),
    language,
    answerOrNone,
  );
  expect(pack.items).toEqual([['Anna waits.', 'Who?']]);
  expect(pack.truths).toEqual([{ truth: 0, children: [{ truth: ['Anna'], children: [] }] }]);
});

test('a line without the label of the stage before the answers is refused, with the remedy', async () => {
  const line = jsonLines({ context: 'Anna waits.', question: 'Who?', answers: ['Anna'] });
  await expect(packOf(line, language, answerOrNone)).rejects.toThrow(
    /questions, line 1: it has no label of stage "language".* with "labels": \{"language": …\}/,
  );
});

test('what is no file of questions, or for a pipeline that answers none, is refused', async () => {
  const line = jsonLines({ context: 'Anna waits.', question: 'Who?', answers: ['Anna'] });
  await expect(packOf(line, language)).rejects.toThrow(/no stage of the pipeline answers any/);
  for (const text of ['{"context": "a"}', '3', 'null'])
    await expect(packOf(text, answerOrNone)).rejects.toThrow(InvalidDocumentError);
  await expect(packOf('{"data": [{"paragraphs": 3}]}', answerOrNone)).rejects.toThrow(
    /data\[0\]\.paragraphs/,
  );
  await expect(packOf('{"data": []}', answerOrNone)).rejects.toThrow(/no labelled items/);
});
