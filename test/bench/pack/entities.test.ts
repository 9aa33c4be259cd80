import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadManifest, sha256Hex } from '../../../models/manifests/load.ts';
import { fromQuestions } from '../../../models/packs/sources/questions.ts';
import { fromTexts } from '../../../models/packs/sources/texts.ts';
import { UnfitDataError } from '../../../models/packs/sources/unfit.ts';
import { MANIFEST } from '../../../solver/documents/manifest.ts';
import { planRequest } from '../../../solver/plan/request.ts';
import { nodeEnvironment } from '../../../workers/environment/node.ts';
import { constantLoad } from '../../../workers/executor/load.ts';
import { run } from '../../../workers/executor/run.ts';
import { openPlanner } from '../../../workers/planner/node.ts';
import { measureProfile } from '../../../workers/profiler/profile.ts';
import { openFileStore } from '../../../workers/store/node.ts';
import { language, type pipelineOf, spam, transcribe } from '../../models/stages.ts';
import { tokenizerFiles } from '../../models/tokenizer.ts';
import { tokenTagger } from '../../onnx.ts';
import { folderOfFile } from '../../temporary-folder.ts';
import { ipaEdgeHere } from '../command.ts';
import { answer, jsonLines, optionsOf } from './sources.ts';

/** Takes a pipeline that finds entities from a model file and labelled lines to a run. */

const folder = folderOfFile();
const path = (name: string) => join(folder, name);

const CLASSES = ['O', 'B-GOOD', 'B-BAD'];
/** By token id: "good" (4) and "bad" (5) are entities, the parts of words after them are none. */
const CLASS_OF = [0, 0, 0, 0, 1, 2, 0];

async function writeManifest(): Promise<string> {
  const model = tokenTagger(CLASS_OF, CLASSES.length);
  const assets = tokenizerFiles();
  const entry = async (file: string, bytes: Uint8Array<ArrayBuffer>) => {
    await writeFile(path(file), bytes);
    return { file, sha256: await sha256Hex(bytes), sizeBytes: bytes.length };
  };
  const stage = {
    name: 'find',
    task: 'token-classification',
    input: { length: 16, stride: 4 },
    classes: CLASSES,
    variants: [
      {
        name: 'table',
        accuracy: null,
        accuracySource: 'made up',
        sessions: { model: { ...(await entry('table.onnx', model)), dtype: 'fp32' } },
        assets: {
          tokenizer: await entry('tokenizer.json', assets.tokenizer),
          'tokenizer-config': await entry('tokenizer_config.json', assets['tokenizer-config']),
        },
      },
    ],
  };
  const manifest = { schema: MANIFEST, name: 'entities', title: 'Entities', stages: [stage] };
  await writeFile(path('manifest.json'), JSON.stringify(manifest));
  return path('manifest.json');
}

test('a model that finds entities is measured on a pack of tagged words and places, planned and run', async () => {
  const long = Array.from({ length: 40 }, (_, i) => (i % 9 === 0 ? 'bad' : 'so'));
  await writeFile(
    path('news.jsonl'),
    jsonLines(
      {
        text: 'Good! 😀 badness',
        labels: {
          find: [
            { start: 0, end: 4, label: 'GOOD' },
            { start: 8, end: 15, label: 'BAD' },
          ],
        },
      },
      { tokens: ['so', 'good', ',', 'bad'], labels: { find: ['O', 'B-GOOD', 'O', 'B-BAD'] } },
      { tokens: long, labels: { find: long.map((word) => (word === 'bad' ? 'B-BAD' : 'O')) } },
      // The model does not find "nothing"; it finds the 10 other entities of all texts.
      {
        text: 'nothing good',
        labels: {
          find: [
            { start: 0, end: 7, label: 'BAD' },
            { start: 8, end: 12, label: 'GOOD' },
          ],
        },
      },
      { text: 'none', labels: { find: [] } },
    ),
  );
  const file = await writeManifest();
  const made = await ipaEdgeHere(['pack', '--manifest', file, '--texts', path('news.jsonl')]);
  expect([made.code, made.stderr]).toEqual([0, expect.any(String)]);

  const models = await loadManifest(file, (name) => readFile(name));
  const store = await openFileStore(path('store'));
  const environment = nodeEnvironment();
  const settings = { backends: ['cpu'], threads: [1], batches: [1, 2], budgetS: 1, seed: 3 } as const;
  const measured = await measureProfile({ models, environment, store, settings });
  store.close();
  const { accuracy } = measured.profile.stages[0]!.variants[0]!;
  // The model finds 10 of 11 entities: F1 = 2 · 10 / (10 + 11).
  expect(accuracy.measured).toMatchObject({ value: expect.closeTo(20 / 21, 6) });

  const planner = openPlanner();
  const plan = await planner.plan(measured, planRequest(measured.profile, { slaMs: 5000, ratePerS: 2 }));
  planner.close();
  const report = await run({
    ...{ name: 'plan', plan, backends: ['cpu'], models, environment, seed: 1 },
    load: constantLoad(5, 2, 1),
  });
  expect(report.result).toMatchObject({ completed: 10, failed: 0 });
});

const find = {
  ...{ name: 'find', task: 'token-classification', classes: CLASSES, variants: spam.variants },
  input: { length: 16, stride: 4 },
};

test.each<[string, object, Parameters<typeof pipelineOf>, RegExp]>([
  [
    'tags for other words',
    { text: 'a b', labels: { find: ['O'] } },
    [find],
    /line 1: there are 1 tags for 2 words/,
  ],
  ['a text beside its words', { text: 'a', tokens: ['a'], labels: {} }, [find], /either "text" or "tokens"/],
  ['words with spaces', { tokens: ['New York'], labels: {} }, [find], /a word without white space/],
  [
    'labels of what follows from entities',
    { text: 'a', labels: { find: [], language: 'eng' } },
    [find, language],
    /stage "find" passes on any number of items.*Make that stage the last one/,
  ],
])('%s are refused', async (_, line, stages, problem) => {
  await writeFile(path('bad.jsonl'), JSON.stringify(line));
  await expect(fromTexts(path('bad.jsonl'), optionsOf(...stages))).rejects.toThrow(problem);
});

test('tags are of the text that the stage gets', async () => {
  const translate = {
    ...transcribe,
    name: 'translate',
    task: 'translation',
    input: { length: 8, prefix: '' },
  };
  await writeFile(
    path('translated.jsonl'),
    JSON.stringify({ text: 'un deux trois', labels: { translate: 'one two', find: ['O', 'B-BAD'] } }),
  );
  const tensors = await fromTexts(path('translated.jsonl'), optionsOf(translate, find));
  expect(tensors.find(({ name }) => name === 'entity_span.find')!.data).toEqual(Int32Array.of(4, 7));
  await writeFile(
    path('untranslated.jsonl'),
    JSON.stringify({ text: 'un deux', labels: { translate: null, find: ['O', 'O'] } }),
  );
  await expect(fromTexts(path('untranslated.jsonl'), optionsOf(translate, find))).rejects.toThrow(
    UnfitDataError,
  );
});

test('after a question, tags are of the answer', async () => {
  await writeFile(
    path('asked.jsonl'),
    JSON.stringify({
      ...{ context: 'The bridge was built by good people.', question: 'Who built it?' },
      ...{ answers: ['so good people'], labels: { find: ['O', 'B-GOOD', 'O'] } },
    }),
  );
  const tensors = await fromQuestions(path('asked.jsonl'), optionsOf(answer, find));
  expect(tensors.find(({ name }) => name === 'entity_span.find')!.data).toEqual(Int32Array.of(3, 7));
});
