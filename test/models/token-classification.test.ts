import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidPackError, TensorFile } from '../../models/packs/safetensors.ts';
import { stageScore } from '../../models/tasks/judge.ts';
import { LabelError } from '../../models/tasks/label-error.ts';
import { Scratch } from '../../models/tasks/program.ts';
import { taskOf } from '../../models/tasks/registry.ts';
import { metricOf } from '../../models/tasks/score.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Session, Tensors } from '../../models/tasks/tensor.ts';
import { entitiesOf, wordsIn } from '../../models/tasks/token-classification/entities.ts';
import { i32, safetensors, written } from './safetensors.ts';
import { pipelineOf, spam } from './stages.ts';
import { byteLevel, unigram, wordPiece } from './tokenizer.ts';

test('words are runs of letters and digits, Chinese characters, and single signs', () => {
  const text = "Zoë's  東京, 42nd!";
  expect(wordsIn(text).map(({ start, end }) => text.slice(start, end))).toEqual([
    ...['Zoë', "'", 's', '東', '京', ',', '42nd', '!'],
  ]);
});

/** Returns the entities of words with these labels, each as `type start end`; a word is one character. */
const joined = (labels: string) =>
  entitiesOf(
    labels
      .split(' ')
      .filter(Boolean)
      .map((label, i) => ({ label, score: 1, start: i, end: i + 1 })),
  ).map(({ type, start, end }) => `${type} ${start} ${end}`);

test.each<[string, string, string[]]>([
  ['begin and inside', 'B-A I-A O B-A B-A I-B', ['A 0 2', 'A 3 4', 'A 4 5', 'B 5 6']],
  ['inside alone', 'I-A I-A O I-A', ['A 0 2', 'A 3 4']],
  ['ends and single words', 'B-A I-A E-A S-A B-A L-A U-B I-A', ['A 0 3', 'A 3 4', 'A 4 6', 'B 6 7', 'A 7 8']],
  ['no prefixes', 'A A O B-X B-X', ['A 0 2', 'X 3 4', 'X 4 5']],
])('entities are joined by %s', (_, labels, entities) => {
  expect(joined(labels)).toEqual(entities);
});

test('entities that are written with begin and inside come back', () => {
  const groups = fc.array(
    fc.tuple(fc.constantFrom('A', 'B'), fc.integer({ min: 1, max: 3 }), fc.nat({ max: 2 })),
  );
  fc.assert(
    fc.property(groups, (parts) => {
      const labels: string[] = [];
      const expected = parts.map(([type, words, outside]) => {
        labels.push(...Array<string>(outside).fill('O'));
        const start = labels.length;
        for (let i = 0; i < words; i++) labels.push(`${i === 0 ? 'B' : 'I'}-${type}`);
        return `${type} ${start} ${labels.length}`;
      });
      expect(joined(labels.join(' '))).toEqual(expected);
    }),
  );
});

const stage = {
  name: 'names',
  task: 'token-classification',
  input: { length: 16, stride: 4 },
  classes: ['O', 'B-PER', 'I-PER', 'B-LOC'],
  variants: spam.variants,
};
const task = taskOf(stage);
const [program] = task.programs as readonly [(typeof task.programs)[number]];
const utf8 = new TextEncoder();

/** A session that gives each token the class that is listed for it; logits are 3 and 0. */
const labeller = (classOf: Readonly<Record<number, number>>): Session => ({
  inputs: ['input_ids', 'attention_mask'].map((name) => ({ name, type: 'int64', dims: [null, null] })),
  outputs: [{ name: 'logits', type: 'float32', dims: [null, null, 4] }],
  async run(feeds) {
    const ids = (feeds as Tensors).input_ids!;
    const data = new Float32Array(ids.data.length * 4);
    ids.data.forEach((id: unknown, i: number) => {
      data[i * 4 + (classOf[Number(id)] ?? 0)] = 3;
    });
    return { outputs: { logits: { type: 'float32', data, dims: [...ids.dims, 4] } }, ms: 1 };
  },
});

type Found = StageResult & {
  entities: { text: string; type: string; start: number; end: number; score: number }[];
};
async function found(texts: string[], session: Session, files: ReturnType<typeof wordPiece>) {
  const ready = await program.prepare!(stage, files);
  const { results } = await program.run(
    ready,
    texts.map((text) => utf8.encode(text)),
    { model: session },
    new Scratch(),
  );
  return results as Found[];
}

test('a word has the class of its first token, and entities are cut out of the text as it is written', async () => {
  // The token ids are ann 3, ##a 4, van 5, paris 6.
  const files = wordPiece(['ann', '##a', 'van', 'paris']);
  const session = labeller({ 3: 1, 4: 3, 5: 2, 6: 3 });
  const text = `😀 Anna  Ván, ${'xx '.repeat(20)}in PARIS!`;
  const [result] = await found([text], session, files);
  const score = Math.exp(3) / (Math.exp(3) + 3);
  expect(result!.entities).toEqual([
    { type: 'PER', text: 'Anna  Ván', start: 2, end: 11, score: expect.closeTo(score, 6) },
    { type: 'LOC', text: 'PARIS', start: 76, end: 81, score: expect.closeTo(score, 6) },
  ]);
  const next = { kind: 'text', bytesMax: 100 } as const;
  const children = task.children(stage, utf8.encode(text), result!, next);
  expect(children.map((item) => new TextDecoder().decode(item))).toEqual(['Anna  Ván', 'PARIS']);
  expect(await found(['', text, 'Anna'], session, files)).toMatchObject([
    { entities: [] },
    { entities: [{ start: 2 }, { start: 76 }] },
    { entities: [{ text: 'Anna', start: 0, end: 4 }] },
  ]);
});

test('a text is as sure as its least sure word, one outside entities too', async () => {
  const files = wordPiece(['ann', 'van', 'paris']);
  const sure = Math.exp(3) / (Math.exp(3) + 3);
  const unsure: Session = {
    ...labeller({}),
    async run(feeds, fetches) {
      const ran = await labeller({ 3: 1 }).run(feeds, fetches);
      const ids = (feeds as Tensors).input_ids!;
      // Of `van`, whose token is 4, the model knows only that it is no place.
      ids.data.forEach((id: unknown, i: number) => {
        if (Number(id) === 4) (ran.outputs.logits!.data as Float32Array).set([3, 3, 3, 0], i * 4);
      });
      return ran;
    },
  };
  const scores = (await found(['ann paris', 'ann van paris', ''], unsure, files)).map((result) =>
    task.confidence!(result),
  );
  expect(scores).toEqual([
    expect.closeTo(sure, 6),
    expect.closeTo(Math.exp(3) / (3 * Math.exp(3) + 1), 6),
    1,
  ]);
});

test.each([
  ['byte-level', byteLevel(), [...utf8.encode('Z')].map((byte) => byte + 2)[0]!],
  ['Unigram', unigram(['▁', 'z', 'o', 'ë', '▁z']), 7],
])('names are found with a tokenizer of the kind %s', async (_, files, id) => {
  const [{ entities }] = (await found(['o Zoë', ''], labeller({ [id]: 3 }), files)) as [Found, Found];
  expect(entities).toMatchObject([{ type: 'LOC', text: 'Zoë', start: 2, end: 5 }]);
});

test.each([
  ['Chinese characters', '我住在北京和上海。', ['北京', '上海']],
  ['signs between letters', 'in U.S. now', ['U.S.']],
  ['signs before digits', 'now COVID-19 in', ['COVID-19']],
])(
  'an entity reaches to the end of its last token, which may be several words: %s',
  async (_, text, names) => {
    // Some of the token ids are 北京 5, 上海 6, ▁u.s. 10, ▁co 11, vid 12, -19 13.
    const files = unigram([
      '▁我',
      '住在',
      '北京',
      '上海',
      '。',
      '和',
      '▁in',
      '▁u.s.',
      '▁co',
      'vid',
      '-19',
      '▁now',
    ]);
    const [result] = await found([text], labeller({ 5: 3, 6: 3, 10: 3, 11: 1, 13: 2 }), files);
    expect(result!.entities.map((entity) => entity.text)).toEqual(names);
  },
);

test('a token that ends inside a word with a token of its own leaves that word its class', async () => {
  // The token ids are ▁covid 3, -1 4, 9 5.
  const files = unigram(['▁covid', '-1', '9']);
  const [result] = await found(['covid-19'], labeller({ 3: 1, 4: 2 }), files);
  expect(result!.entities).toMatchObject([{ text: 'covid-', start: 0, end: 6 }]);
});

test('of the words that several unknown tokens in a row share, only the first one gets a class', async () => {
  // The unknown token 2 stands for ☃☃ and for ☂☂, but only the span of both together is known.
  const [result] = await found(['in ☃☃ ☂☂ now'], labeller({ 2: 3 }), wordPiece(['in', 'now']));
  expect(result!.entities.map((entity) => entity.text)).toEqual(['☃']);
});

const labels = (spans: number[], texts: number[], types: number[]) =>
  new TensorFile(
    safetensors({
      'entity_span.names': { ...i32(spans), shape: [spans.length / 2, 2] },
      'entity_text.names': i32(texts),
      'entity_type.names': i32(types),
    }),
  );

test('a pack has the entities of each text, each of which leads to an item of the next stage', () => {
  const { truths, children, childRows } = task.readTruths(
    labels([2, 5, 0, 1, 7, 9], [0, 2, 2], [1, 0, 0]),
    stage,
    3,
  );
  expect(truths).toEqual([
    [{ start: 2, end: 5, type: 'LOC' }],
    [],
    [
      { start: 0, end: 1, type: 'PER' },
      { start: 7, end: 9, type: 'PER' },
    ],
  ]);
  expect([children, childRows]).toEqual([[[0], [], [1, 2]], 3]);
});

test.each<[string, TensorFile, RegExp]>([
  [
    'of too few places',
    labels([2, 5], [0, 1], [0, 0]),
    /should be \[2, 2\].*but they are \[1, 2\] and \[2\]/,
  ],
  [
    'of a text that is none',
    labels([2, 5], [3], [0]),
    /entity 0 of stage "names" is in text 3, but there are 3/,
  ],
  ['without characters', labels([5, 5], [0], [0]), /from character 5 to 5/],
  ['of an unknown type', labels([2, 5], [0], [2]), /has type 2, but the stage's classes name 2 types/],
])('entities %s are refused', (_, file, problem) => {
  expect(() => task.readTruths(file, stage, 3)).toThrow(InvalidPackError);
  expect(() => task.readTruths(file, stage, 3)).toThrow(problem);
});

const places = (label: unknown, text: string | null = 'Zoë de Wit lives in 東京') =>
  task.readLabel(stage, label, text);

test('labels of entities are places in characters, or a tag for each word', () => {
  expect(places([{ start: 0, end: 10, label: 'PER' }])).toEqual([{ start: 0, end: 10, type: 'PER' }]);
  expect(places([{ start: 20, end: 22, label: 'B-LOC' }], null)).toEqual([
    { start: 20, end: 22, type: 'LOC' },
  ]);
  expect(places(['B-PER', 'I-PER', 'I-PER', 'O', 'O', 'B-LOC'])).toEqual([
    { start: 0, end: 10, type: 'PER' },
    { start: 20, end: 22, type: 'LOC' },
  ]);
  expect(places(['B-LOC', 'O'], '😀🙂 x')).toEqual([{ start: 0, end: 2, type: 'LOC' }]);
  expect(places([])).toEqual([]);
});

test.each<[string, unknown, string | null, RegExp]>([
  ['a text', 'PER', 'a b', /its label is not a list of them\. Write \[/],
  ['a tag too few', ['O'], 'a b', /there are 1 tags for 2 words\. Give a tag for each/],
  ['tags of an unknown text', ['O'], null, /the text .* is not known\. Label the entities by their places/],
  [
    'a place after the text',
    [{ start: 0, end: 4, label: 'PER' }],
    'a b',
    /from character 0 to 4, but the text has 3 characters/,
  ],
  [
    'no characters',
    [{ start: 1, end: 1, label: 'PER' }],
    'a b',
    /from character 1 to 1, but its end must be after its start/,
  ],
  ['an unknown type', ['B-ORG'], 'a', /no class of the type "ORG"; its types are PER, LOC/],
])('a label of entities that is %s is refused', (_, label, text, problem) => {
  expect(() => places(label, text)).toThrow(LabelError);
  expect(() => places(label, text)).toThrow(problem);
});

test('entities come back from a pack as they were written', () => {
  const entity = fc
    .record({
      start: fc.nat(50),
      length: fc.integer({ min: 1, max: 9 }),
      type: fc.constantFrom('PER', 'LOC'),
    })
    .map(({ start, length, type }) => ({ start, end: start + length, type }));
  fc.assert(
    fc.property(fc.array(fc.array(entity, { maxLength: 4 }), { maxLength: 5 }), (texts) => {
      const file = new TensorFile(written(task.writeTruths(stage, texts)));
      expect(task.readTruths(file, stage, texts.length).truths).toEqual(texts);
    }),
  );
});

const entity = (type: string, start: number, end: number) => ({ type, start, end, text: '', score: 1 });

/** Returns a function that gives the entity F1 of entities that are found in a text with these true ones. */
const f1Against =
  (truth: ReturnType<typeof entity>[]) =>
  (...entities: typeof truth) =>
    metricOf(stageScore(pipelineOf(stage).first, { task: stage.task, entities } as StageResult, truth));

test('entity F1 counts an entity as right if its place and type are', () => {
  const truth = [entity('PER', 0, 2), entity('LOC', 4, 5), entity('LOC', 8, 9)];
  const f1 = f1Against(truth);
  expect(f1(...truth)).toBe(1);
  expect(f1(entity('PER', 0, 2), entity('PER', 4, 5), entity('LOC', 8, 10))).toBeCloseTo(2 / 6, 12);
  expect(f1()).toBe(0);
});

test('of labelled entities in the same place, one of the found type counts, and the others are missed', () => {
  const truth = [entity('PER', 0, 2), entity('LOC', 0, 2)];
  const f1 = f1Against(truth);
  expect(f1(entity('PER', 0, 2))).toBeCloseTo(2 / 3, 12);
  expect(f1(entity('LOC', 0, 2))).toBeCloseTo(2 / 3, 12);
  expect(f1(...truth)).toBe(1);
});
