import { expect, test } from 'vitest';
import type { Item } from '../../models/items/item-batch.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { Scratch } from '../../models/tasks/program.ts';
import { taskOf } from '../../models/tasks/registry.ts';
import type { Session, Tensors } from '../../models/tasks/tensor.ts';
import { readEncoder } from '../../models/tasks/tokens.ts';
import { MANIFEST, type ManifestStage, sha256Of, sizeBytesOf } from '../../solver/documents/manifest.ts';
import { spam } from './stages.ts';
import { marian, tokenizerFiles, wordPiece } from './tokenizer.ts';

const [CLS, SEP] = [2, 3];
const files = tokenizerFiles();

test('special tokens stay where a text has more tokens than the model takes', async () => {
  const encoder = await readEncoder(files);
  expect(encoder.tokens('good bad', 8).ids).toEqual([CLS, 4, 5, SEP]);
  expect(encoder.tokens('good bad bad bad', 4).ids).toEqual([CLS, 4, 5, SEP]);
  expect(encoder.tokens('Goodness', 8).ids).toEqual([CLS, 4, 6, SEP]);
  expect(encoder.tokens('', 8).ids).toEqual([CLS, SEP]);
});

const tokenStage = (length = 16) =>
  ({ ...spam, input: { encoding: 'tokens', length } }) as unknown as ManifestStage;
const text = (words: string): Item => new TextEncoder().encode(words);

/** What a stage feeds a session that declares these inputs. */
async function fedWith(stage: ManifestStage, texts: readonly string[], inputs: Session['inputs']) {
  const task = taskOf(stage);
  let fed: Tensors = {};
  const session: Session = {
    inputs,
    outputs: [{ name: 'logits', type: 'float32', dims: [null, 2] }],
    async run(feeds) {
      fed = feeds as Tensors;
      const data = new Float32Array(2 * texts.length);
      return { outputs: { logits: { type: 'float32', data, dims: [texts.length, 2] } }, ms: 1 };
    },
  };
  const prepared = await task.programs[0]!.prepare!(stage, files);
  await task.programs[0]!.run(prepared, texts.map(text), { model: session }, new Scratch());
  return Object.fromEntries(
    Object.entries(fed).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data, Number) }]),
  );
}

const open = (name: string) => ({ name, type: 'int64', dims: [null, null] });

test('tokens of a batch are rows of the longest text, and the mask tells padding apart, whatever the order of inputs', async () => {
  const fed = await fedWith(
    tokenStage(),
    ['bad', 'good bad bad'],
    [open('attention_mask'), open('input_ids')],
  );
  expect(fed).toEqual({
    input_ids: { dims: [2, 5], data: [CLS, 5, SEP, 0, 0, CLS, 4, 5, 5, SEP] },
    attention_mask: { dims: [2, 5], data: [1, 1, 1, 0, 0, 1, 1, 1, 1, 1] },
  });
});

test('a model with a fixed length gets that length, and types of tokens if it takes them', async () => {
  const fixed = (name: string) => ({ name, type: 'int64', dims: [null, 4] });
  const fed = await fedWith(tokenStage(), ['good bad bad'], [fixed('input_ids'), fixed('token_type_ids')]);
  expect(fed).toEqual({
    input_ids: { dims: [1, 4], data: [CLS, 4, 5, SEP] },
    token_type_ids: { dims: [1, 4], data: [0, 0, 0, 0] },
  });
});

test("all tokens of a pair have type 0 where the post-processor is RoBERTa's", async () => {
  const { pair } = await readEncoder(wordPiece(['good', 'bad']));
  expect(pair!.join([3], [4])).toMatchObject({ ids: [0, 3, 1, 1, 4, 1], types: [0, 0, 0, 0, 0, 0] });
});

test('a tokenizer of Marian: the code of a language is one token, and unknown text is <unk>', async () => {
  const pieces = [',', '\u2581', '>', '<', 'f', 'r', '\u2581good', 'a,'].map((piece) => [piece, -5] as const);
  const { ids } = await readEncoder(marian([...pieces, ['>>fr<<', -100]]));
  expect(ids('>>fr<< good')).toEqual([10, 8]);
  expect(ids('>>de<< good')).not.toContain(10);
  expect(ids('good 😀')).toEqual([8, 3, 1]);
  expect(ids('>,')).toEqual([3, 4, 2]);
});

test('a tokenizer that pads on the left is followed', async () => {
  const left = await readEncoder(tokenizerFiles({ padding_side: 'left' }));
  expect(left.paddingSide).toBe('left');
});

test('a tokenizer that cuts texts on the left keeps their end', async () => {
  const left = await readEncoder(tokenizerFiles({ truncation_side: 'left' }));
  expect(left.tokens('good good bad bad', 5).ids).toEqual([CLS, 4, 5, 5, SEP]);
  expect(left.tokens(`${'good '.repeat(100)}bad`, 3).ids).toEqual([CLS, 5, SEP]);
  expect(left.tokens('good bad', 2).ids).toEqual([CLS, SEP]);
});

const variant = (assets?: object) => ({
  ...spam.variants[0],
  ...(assets && { assets }),
});
const file = (name: string, digit: string) => ({ file: name, sha256: digit.repeat(64), sizeBytes: 5 });
const manifest = (assets?: object) => ({
  schema: MANIFEST,
  name: 'tokens',
  title: '',
  stages: [{ ...spam, input: { encoding: 'tokens', length: 16 }, variants: [variant(assets)] }],
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a variant that takes tokens names its tokenizer, and is known by all its files', () => {
  expect(() => parseManifest(plain(manifest()), 'none')).toThrow(
    /assets: expected the assets tokenizer, tokenizer-config/,
  );
  const assets = {
    tokenizer: file('tokenizer.json', '1'),
    'tokenizer-config': file('tokenizer_config.json', '2'),
  };
  const [known] = parseManifest(plain(manifest(assets)), 'known').stages[0]!.variants;
  const other = { ...known!, assets: { ...known!.assets, tokenizer: file('tokenizer.json', '3') } };
  expect(sha256Of(other)).not.toBe(sha256Of(known!));
  expect(sizeBytesOf(known!)).toBe(known!.sessions.model!.sizeBytes + 10);
  const bytes = { ...spam, variants: [variant(assets)] };
  expect(() => parseManifest(plain({ ...manifest(), stages: [bytes] }), 'bytes')).toThrow(
    /assets: expected no assets/,
  );
});
