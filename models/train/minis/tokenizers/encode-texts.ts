import { readFileSync } from 'node:fs';
import { readEncoder } from '../../../tasks/tokens.ts';

/**
 * Encodes texts as the product does: `npx tsx models/train/minis/tokenizers/encode-texts.ts FOLDER`, where FOLDER holds a model.
 * @param stdin a JSON list of texts, or of pairs of a question and a context
 * @returns on stdout, for each, its `ids`; for a pair also `at`, the index of the context's first token, and `spans`, the
 * characters of the context that each of its tokens stands for
 */

const MANY = 1_000;

const folder = process.argv[2]!;
const encoder = await readEncoder({
  tokenizer: readFileSync(`${folder}/tokenizer.json`),
  'tokenizer-config': readFileSync(`${folder}/tokenizer_config.json`),
});

function encoded(item: string | readonly [question: string, context: string]): object {
  if (typeof item === 'string') return { ids: encoder.tokens(item, MANY).ids };
  const [question, context] = item;
  const { ids: own, spans } = encoder.tokenize(context);
  const { ids, lastAt } = encoder.pair!.join(encoder.ids(question), own);
  return { ids, at: lastAt, spans: spans.map(({ start, end }) => [start, end]) };
}

const items = JSON.parse(readFileSync(0, 'utf8')) as (string | [string, string])[];
process.stdout.write(JSON.stringify(items.map(encoded)));
