import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type Encoder, readEncoder } from '../../../tasks/tokens.ts';
import type { Asked, Labelled, Rewritten, Spoken } from '../world/data.ts';
import { bart, whisper } from './byte-level.ts';
import type { TokenizerFiles } from './files.ts';
import { letters } from './letters.ts';
import { unigram } from './unigram.ts';
import { wordPiece } from './word-piece.ts';

/**
 * Learns a tokenizer for each kind of model, and writes every training and validation text as the tokens that the
 * tokenizer of the product gives: `npx tsx models/train/minis/tokenizers/encode-data.ts FOLDER`.
 * FOLDER/tokenizers/<kind>/ has the files, FOLDER/data/<kind>.<split>.ids.json the tokens.
 */

const folder = process.argv[2]!;
const read = <T>(set: string, split: string) =>
  JSON.parse(readFileSync(`${folder}/data/${set}.${split}.json`, 'utf8')) as T[];

/** More tokens than any text has, so that no text is cut. */
const MANY = 1_000;
const idsOf = (encoder: Encoder, text: string) => encoder.tokens(text, MANY).ids;

interface Kind<Row> {
  /** Name of the data set that is encoded. */
  readonly set: string;
  readonly learn: (rows: readonly Row[]) => TokenizerFiles;
  readonly encode: (row: Row, encoder: Encoder) => object;
}
const kind = <Row>(kind: Kind<Row>) => kind as Kind<unknown>;

const labelled = (set: string, words: number, pieces: number) =>
  kind<Labelled>({
    set,
    learn: (rows) =>
      wordPiece(
        rows.map(({ text }) => text),
        words,
        pieces,
      ),
    encode: ({ text, label }, encoder) => ({ ids: idsOf(encoder, text), label }),
  });
const both = (rows: readonly Rewritten[]) => rows.flatMap(({ source, target }) => [source, target]);

/** The characters of a text that wav2vec2's alphabet has, in upper case. */
const spelled = (text: string) => text.toUpperCase().replace(/[^A-Z' ]/g, '');

const KINDS: { readonly [kind: string]: Kind<unknown> } = {
  mood: labelled('mood', 300, 200),
  language: labelled('language', 0, 1_500),
  qa: kind<Asked>({
    set: 'qa',
    learn: (rows) =>
      wordPiece(
        rows.flatMap(({ question, context }) => [question, context]),
        300,
        200,
      ),
    encode({ question, context, span }, encoder) {
      const { ids: own, spans } = encoder.tokenize(context);
      const { ids, lastAt } = encoder.pair!.join(encoder.ids(question), own);
      const start = lastAt + spans.findIndex(({ end }) => end > span.start);
      return { ids, start, end: lastAt + spans.findLastIndex(({ start }) => start < span.end) };
    },
  }),
  translate: kind<Rewritten>({
    set: 'translate',
    learn: (rows) => unigram(both(rows), 200),
    encode: ({ source, target }, encoder) => ({
      source: idsOf(encoder, source),
      target: idsOf(encoder, target),
    }),
  }),
  summary: kind<Rewritten>({
    set: 'summary',
    learn: (rows) => bart(both(rows), 380),
    // The target leaves out <s>, because the decoder starts with </s>.
    encode: ({ source, target }, encoder) => ({
      source: idsOf(encoder, source),
      target: idsOf(encoder, target).slice(1),
    }),
  }),
  speech: kind<Spoken>({
    set: 'speech',
    learn: (rows) =>
      whisper(
        rows.map(({ text }) => ` ${text}`),
        340,
      ),
    // Whisper's texts start with a space. The target leaves out the first two tokens, which the decoder gets as its prompt.
    encode: ({ text }, encoder) => ({ target: idsOf(encoder, ` ${text}`).slice(2) }),
  }),
  letters: kind<Spoken>({
    set: 'speech',
    learn: letters,
    encode: ({ text }, encoder) => ({ target: idsOf(encoder, spelled(text)) }),
  }),
};

const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value));

for (const [name, { set, learn, encode }] of Object.entries(KINDS)) {
  const train = read<unknown>(set, 'train');
  const { json, config } = learn(train);
  mkdirSync(`${folder}/tokenizers/${name}`, { recursive: true });
  writeFileSync(`${folder}/tokenizers/${name}/tokenizer.json`, bytes(json));
  writeFileSync(`${folder}/tokenizers/${name}/tokenizer_config.json`, `${JSON.stringify(config, null, 2)}\n`);
  const encoder = await readEncoder({ tokenizer: bytes(json), 'tokenizer-config': bytes(config) });
  for (const [split, rows] of [
    ['train', train],
    ['validation', read<unknown>(set, 'validation')],
  ] as const) {
    const encoded = rows.map((row) => JSON.stringify(encode(row, encoder)));
    writeFileSync(`${folder}/data/${name}.${split}.ids.json`, `[\n${encoded.join(',\n')}\n]\n`);
  }
}
