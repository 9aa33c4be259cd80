import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  type Declarations,
  languageRow,
  moodRow,
  qaRow,
  speechRow,
  summaryRow,
  translateRow,
  writtenRow,
} from './data.ts';
import { type Dice, diceOf } from './dice.ts';

/**
 * Writes the data sets as `FOLDER/data/<set>.<split>.json`: `npx tsx models/train/minis/world/write.ts FOLDER`.
 * FOLDER/declarations.json has the words of the Universal Declaration of Human Rights, by language and then by split.
 */

const SEEDS = { train: 1, validation: 2, pack: 3 } as const;
type Split = keyof typeof SEEDS;
type Sizes = Readonly<Record<Split, number>>;

/** Number of rows by data set and split. No model is trained on `written`: it is only the pack of a pipeline. */
const SIZES: { readonly [set: string]: Sizes } = {
  speech: { train: 8_000, validation: 200, pack: 74 },
  mood: { train: 60_000, validation: 1_000, pack: 0 },
  language: { train: 100_000, validation: 1_000, pack: 0 },
  qa: { train: 100_000, validation: 1_000, pack: 0 },
  translate: { train: 60_000, validation: 300, pack: 0 },
  summary: { train: 60_000, validation: 300, pack: 400 },
  written: { train: 0, validation: 0, pack: 480 },
};

const folder = process.argv[2]!;
const declarations = JSON.parse(readFileSync(`${folder}/declarations.json`, 'utf8')) as Readonly<
  Record<string, { readonly train: string[]; readonly test: string[] }>
>;
/** The words that a split may use: `pack` has the articles that are held out for testing, the other splits have the rest. */
const wordsOf = (split: Split): Declarations =>
  Object.fromEntries(
    Object.entries(declarations).map(([name, words]) => [name, split === 'pack' ? words.test : words.train]),
  );

const ROWS: { readonly [set: string]: (dice: Dice, split: Split) => { text?: string; source?: string } } = {
  speech: speechRow,
  mood: moodRow,
  language: (dice, split) => languageRow(dice, wordsOf(split)),
  qa: (dice) => {
    const row = qaRow(dice);
    return { ...row, text: `${row.question} ${row.context}` };
  },
  translate: translateRow,
  summary: summaryRow,
  written: (dice, split) => writtenRow(dice, wordsOf(split)),
};

mkdirSync(`${folder}/data`, { recursive: true });
/** All training texts written so far, which validation splits and packs leave out. */
const trained = new Set<string>();
Object.entries(SIZES).forEach(([set, sizes], place) => {
  for (const split of Object.keys(SEEDS) as Split[]) {
    const dice = diceOf(SEEDS[split] * 100 + place);
    const rows: object[] = [];
    while (rows.length < sizes[split]) {
      const row = ROWS[set]!(dice, split);
      const key = row.text ?? row.source!;
      if (split === 'train') trained.add(key);
      else if (trained.has(key)) continue;
      rows.push(row);
    }
    if (rows.length > 0)
      writeFileSync(
        `${folder}/data/${set}.${split}.json`,
        `[\n${rows.map((r) => JSON.stringify(r)).join(',\n')}\n]\n`,
      );
  }
});
