import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinFields } from '../../models/items/fields.ts';
import { ItemFormatError } from '../../models/items/item-format.ts';
import { TensorFile } from '../../models/packs/safetensors.ts';
import { stageScore } from '../../models/tasks/judge.ts';
import { Scratch } from '../../models/tasks/program.ts';
import { bestAnswer, type WindowLogits } from '../../models/tasks/question-answering/answers.ts';
import { taskOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { numbersOf, type Session, type Tensors } from '../../models/tasks/tensor.ts';
import { written } from './safetensors.ts';
import { pipelineOf, spam } from './stages.ts';
import { tokenizerFiles, wordPiece } from './tokenizer.ts';

const LIMIT = 30;
const none = { start: -2, end: -2 };
const logits = fc.double({ min: -9, max: 9, noNaN: true });

/** Finds the best answer by trying every span of every window. */
function slowBest(windows: readonly WindowLogits[]) {
  let best = { logit: Number.NEGATIVE_INFINITY, first: -1, last: -1 };
  for (const { from, starts, ends } of windows)
    starts.forEach((start, i) => {
      ends.forEach((end, j) => {
        if (i <= j && j < i + LIMIT && start + end > best.logit)
          best = { logit: start + end, first: from + i, last: from + j };
      });
    });
  return best;
}

test('the answer is the span of the largest sum of logits, over all windows', () => {
  const text = 'x'.repeat(100);
  const places = Array.from(text, (_, i) => ({ start: i, end: i + 1 }));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 50 }), fc.array(fc.tuple(logits, logits), { maxLength: 45 })), {
        minLength: 1,
        maxLength: 3,
      }),
      (parts) => {
        const windows = parts.map(([from, values]) => ({
          from,
          none,
          starts: Float32Array.from(values, ([start]) => start),
          ends: Float32Array.from(values, ([, end]) => end),
        }));
        const { first, last, logit } = slowBest(windows);
        const found = bestAnswer(text, places, windows, false);
        expect([found.start, found.end]).toEqual(first < 0 ? [0, 0] : [first, last + 1]);
        const all = (of: 'starts' | 'ends', other: number) =>
          windows
            .flatMap((window) => [...window[of]])
            .reduce((sum, value) => sum + Math.exp(value), Math.exp(other));
        const sum = first < 0 ? none.start + none.end : logit;
        expect(found.score).toBeCloseTo(Math.exp(sum) / all('starts', none.start) / all('ends', none.end), 9);
      },
    ),
  );
});

test('no answer is given only where the models can say so, and every window says so', () => {
  const window = (start: number, sure: number): WindowLogits => ({
    from: 0,
    starts: Float32Array.of(start),
    ends: Float32Array.of(start),
    none: { start: sure, end: sure },
  });
  const places = [{ start: 0, end: 3 }];
  const answer = (unanswerable: boolean, ...windows: WindowLogits[]) =>
    bestAnswer('van', places, windows, unanswerable).text;
  expect(answer(true, window(1, 2))).toBe('');
  expect(answer(false, window(1, 2))).toBe('van');
  expect(answer(true, window(1, 2), window(0, 0))).toBe('van');
  expect(answer(true, window(0, 0), window(1, 2))).toBe('van');
});

test('tokens of only white space are no answer, and logits of any size give a probability', () => {
  const places = [
    { start: 0, end: 0 },
    { start: 0, end: 3 },
  ];
  const [starts, ends] = [Float32Array.of(1000, 0), Float32Array.of(1000, 999)];
  const found = bestAnswer('van', places, [{ from: 0, none, starts, ends }], false);
  expect(found.text).toBe('van');
  expect(found.score).toBeCloseTo(1 / (1 + Math.E), 9);
});

const stage = {
  name: 'answer',
  task: 'question-answering',
  input: { length: 16, stride: 4 },
  unanswerable: false,
  variants: spam.variants,
};
const [GOOD, BAD] = [3, 4];
const files = wordPiece(['good', 'bad', 'the', 'what', '?']);
const task = taskOf(stage);
const [program] = task.programs as readonly [(typeof task.programs)[number]];
const utf8 = new TextEncoder();
const ask = (context: string, question = 'What?') =>
  joinFields({ content: utf8.encode(context), texts: [utf8.encode(question)] });

/** Makes a session that finds the words from "good" to "bad". It takes padding that the mask does not hide for such a word. */
function reader(length: number | null = null): Session & { readonly batches: number[] } {
  const batches: number[] = [];
  return {
    batches,
    inputs: ['input_ids', 'attention_mask'].map((name) => ({ name, type: 'int64', dims: [null, length] })),
    outputs: ['start_logits', 'end_logits'].map((name) => ({ name, type: 'float32', dims: [null, null] })),
    async run(feeds) {
      const { input_ids: ids, attention_mask: mask } = feeds as Tensors;
      const at = (token: number) =>
        Float32Array.from(numbersOf(ids!), (id, i) => (mask!.data[i] ? (id === token ? 5 : 0) : 9));
      batches.push(ids!.dims[0]!);
      const output = (token: number) => ({ type: 'float32' as const, data: at(token), dims: ids!.dims });
      return { outputs: { start_logits: output(GOOD), end_logits: output(BAD) }, ms: 1 };
    },
  };
}

type Answer = StageResult & { text: string; start: number; end: number; score: number };
async function answers(items: ReturnType<typeof ask>[], session: Session, assets: typeof files = files) {
  const ready = await program.prepare!(stage, assets);
  const { results } = await program.run(ready, items, { model: session }, new Scratch());
  return results as Answer[];
}

test('an answer is cut out of the text as it is written, wherever it stands', async () => {
  const long = `${'the '.repeat(40)}GOOD the\n Bád${' the'.repeat(40)}`;
  const [found] = await answers([ask(long)], reader());
  expect(found).toMatchObject({ text: 'GOOD the\n Bád', start: 160, end: 173 });
  expect(long.slice(found!.start, found!.end)).toBe(found!.text);
});

test('a batch of texts of different lengths is answered as one by one, in runs of at most the batch', async () => {
  const texts = [
    'good bad',
    '',
    `${'the '.repeat(30)}good the bad ${'the '.repeat(9)}`,
    'the good the the bad the',
    'unknown words',
  ];
  const items = texts.map((text) => ask(text));
  const alone = [];
  for (const item of items) alone.push(...(await answers([item], reader())));
  expect(alone.map(({ text }) => text).slice(0, 4)).toEqual([
    'good bad',
    '',
    'good the bad',
    'good the the bad',
  ]);
  const session = reader();
  expect(await answers(items, session)).toEqual(alone);
  expect(Math.max(...session.batches)).toBe(items.length);
  expect(await answers(items, reader(16))).toEqual(alone);
});

test('padding before the tokens is left out', async () => {
  const config = JSON.parse(new TextDecoder().decode(files['tokenizer-config']));
  const left = {
    ...files,
    'tokenizer-config': utf8.encode(JSON.stringify({ ...config, padding_side: 'left' })),
  };
  const items = [ask('good bad'), ask('the the the good the bad')];
  expect((await answers(items, reader(), left)).map(({ text }) => text)).toEqual([
    'good bad',
    'good the bad',
  ]);
});

test('an item without a question is refused, and so is a tokenizer that joins no texts', async () => {
  await expect(answers([utf8.encode('')], reader())).rejects.toThrow(ItemFormatError);
  await expect(program.prepare!(stage, tokenizerFiles())).rejects.toThrow(
    /does not join a question with a text/,
  );
});

test('the alternatives of a label are scored by the best of them', () => {
  const labels = [['the van', 'a red\nvan'], null, []].map(
    (label) => label && task.readLabel(stage, label, null),
  );
  const file = new TensorFile(written(task.writeTruths(stage, labels)));
  const { truths, children } = task.readTruths(file, stage, 3);
  expect(truths).toEqual([['the van', 'a red van'], null, ['']]);
  expect(children).toEqual([[0], [], [2]]);
  const { first } = pipelineOf(stage);
  const scoreOf = (text: string, truth: unknown) =>
    stageScore(first, { ...task.perfect(truth), text } as StageResult, truth).earned;
  expect(scoreOf('red van', truths[0])).toBe(1);
  expect(scoreOf('van', truths[2])).toBe(0);
  expect(scoreOf('', truths[2])).toBe(1);
  const others = task.otherMetrics!([task.perfect(truths[0]), task.perfect(truths[2])], [truths[0], ['van']]);
  expect(others).toEqual({ 'exact match': 0.5 });
});
