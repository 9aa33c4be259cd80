import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokenizerFiles, wordPiece } from '../models/tokenizer.ts';
import { answerFinder, tokenCounter } from '../onnx.ts';
import { HubFolder } from './hub-folder.ts';

const own = new HubFolder();
const json = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

test('a text classifier goes from its id to a profile, with the tokenizer of its repository', async () => {
  const { tokenizer, 'tokenizer-config': tokenizerConfig } = tokenizerFiles({ model_max_length: 16 });
  own.hub.publish(
    'owner/mood',
    {
      'config.json': {
        architectures: ['BertForSequenceClassification'],
        model_type: 'bert',
        id2label: { 0: 'good', 1: 'bad' },
        max_position_embeddings: 512,
      },
      'tokenizer.json': json(tokenizer),
      'tokenizer_config.json': json(tokenizerConfig),
      'onnx/model.onnx': tokenCounter([4, 5]),
    },
    { cardData: { license: 'mit' } },
  );
  expect((await own.pin('owner/mood')).stderr).toBe('');
  const texts = ['good', 'bad bad good', 'good good bad'].map((text, i) =>
    JSON.stringify({ text, labels: { 'classify-text': i === 1 ? 'bad' : 'good' } }),
  );
  const file = join(own.folder, 'texts.jsonl');
  writeFileSync(file, texts.join('\n'));
  await own.pack('--texts', file);
  const profile = await own.measure('1,2');
  expect(profile.stages[0]!.variants).toMatchObject([
    { name: 'mood-fp32', accuracy: { measured: { value: 1, n: 3 } } },
  ]);
});

test('a model that answers questions goes from its id to a profile, on questions in the format of SQuAD', async () => {
  const words = ['who', '?', 'anna', 'stone', 'waits', 'for'];
  const { tokenizer, 'tokenizer-config': tokenizerConfig } = wordPiece(words);
  const idOf = (word: string) => json(tokenizer).model.vocab[word];
  own.hub.publish('owner/finder-squad2', {
    'config.json': {
      architectures: ['BertForQuestionAnswering'],
      model_type: 'bert',
      max_position_embeddings: 64,
    },
    'tokenizer.json': json(tokenizer),
    'tokenizer_config.json': json(tokenizerConfig),
    'onnx/model.onnx': answerFinder(idOf('anna'), idOf('stone')),
  });
  expect((await own.pin('owner/finder-squad2')).stderr).toBe('');
  expect(own.manifest().stages[0]).toMatchObject({
    name: 'answer',
    input: { length: 64, stride: 128 },
    unanswerable: true,
  });
  const qa = (id: string, ...answers: string[]) => ({
    ...{ id, question: 'Who?', is_impossible: answers.length === 0 },
    answers: answers.map((text) => ({ text, answer_start: 0 })),
  });
  const paragraphs = [
    { context: 'Anna Stone waits.', qas: [qa('1', 'Anna', 'Anna Stone')] },
    { context: 'Who waits for whom?', qas: [qa('2'), qa('3', 'waits')] },
  ];
  const questions = join(own.folder, 'questions.json');
  writeFileSync(questions, JSON.stringify({ version: 'v2.0', data: [{ title: 'Waiting', paragraphs }] }));
  await own.pack('--questions', questions);
  const profile = await own.measure('1,2');
  expect(profile.stages[0]!.variants).toMatchObject([
    { name: 'finder-squad2-fp32', accuracy: { measured: { n: 3, others: { 'exact match': 1 / 3 } } } },
  ]);
});
