import { checkItem, contentBytesMax } from '../../items/item-format.ts';
import { TEXT_FORMAT, textItem, textOf } from '../../items/text.ts';
import { classesField, largest } from '../classes.ts';
import type { ItemOutput } from '../one-run.ts';
import { columnOf } from '../result-columns.ts';
import type { StageResult, Task } from '../task.ts';
import { FLOATS } from '../tensor.ts';
import { paddingBefore, type TextStage } from '../token-inputs.ts';
import { charactersBefore, type Span } from '../token-spans.ts';
import type { TokenizedText } from '../tokens.ts';
import { windowed } from '../windowed.ts';
import { type Window, type WindowSize, windowField, windowsOf } from '../windows.ts';
import { type ClassifiedWord, type Entity, entitiesOf, typeOf, wordsIn } from './entities.ts';
import { readEntityLabel } from './labels.ts';
import { matchEntities, readEntities, type TrueEntity, writeEntities } from './truths.ts';

const ID = 'token-classification';

interface Stage extends TextStage {
  readonly input: WindowSize;
  /** Classes of tokens in the order of the models' outputs, e.g. `O`, `B-PER`, `I-PER`. */
  readonly classes: readonly string[];
}

/** The entities of a text, in the order of the text. `start` and `end` count characters (Unicode code points). */
interface Result extends StageResult {
  readonly entities: readonly (Entity & { readonly text: string })[];
  /**
   * The lowest probability of a word's class; 1 if there are no words. Words outside entities count too, because one of them may
   * be an entity that the model missed.
   */
  readonly score: number;
}

const column = columnOf(({ entities }: Result) => entities);

/** Returns the logits of a text's tokens. A token in several windows gets those of the window with the most context around it. */
function logitsOf(
  { encoder, classes }: Stage,
  count: number,
  windows: readonly { readonly window: Window; readonly output: ItemOutput }[],
): Float32Array[] {
  const logits: Float32Array[] = [];
  const around = new Int32Array(count).fill(-1);
  for (const { window, output } of windows) {
    const first = paddingBefore(encoder!, window, output.dims[0]!) + window.at;
    for (let i = 0; i < window.count; i++) {
      const token = window.from + i;
      const least = Math.min(i, window.count - 1 - i);
      if (least <= around[token]!) continue;
      around[token] = least;
      logits[token] = output.values.subarray((first + i) * classes.length, (first + i + 1) * classes.length);
    }
  }
  return logits;
}

/**
 * Classifies words: a word gets the class of its first token. If no token starts in a word, the word is joined to the word before
 * when the first token of that word extends into it, and is left out otherwise.
 */
function classified(
  { classes }: Stage,
  words: readonly Span[],
  spans: readonly Span[],
  logits: readonly Float32Array[],
): ClassifiedWord[] {
  // The span of a token that is only white space does not end after its start.
  const isFirst = ({ start, end }: Span, word: Span) => start >= word.start && end > start;
  const found: ClassifiedWord[] = [];
  let token = 0;
  let reached = 0;
  for (const word of words) {
    while (token < spans.length && !isFirst(spans[token]!, word)) token++;
    const span = spans[token];
    if (span && span.start < word.end) {
      const { label, score } = largest(logits[token]!, 'logits');
      found.push({ ...word, label: classes[label]!, score });
      // If two tokens have the same span, nothing says which of its words the first token stands for, so that token counts for one.
      reached = spans[token + 1]?.start === span.start ? word.end : span.end;
    } else if (word.start < reached) found.push({ ...found.pop()!, end: word.end });
  }
  return found;
}

interface CutText extends TokenizedText {
  readonly text: string;
  readonly windows: readonly Window[];
}

const perToken = windowed<Stage, CutText, Result>({
  outputs: ({ classes }) => [{ name: 'logits', types: FLOATS, dims: [null, classes.length] }],
  cut(stage, item, length) {
    checkItem(stage.name, TEXT_FORMAT, item);
    const text = textOf(item);
    const tokens = stage.encoder!.tokenize(text);
    const windows = windowsOf(stage.encoder!.single, tokens.ids, { ...stage.input, length });
    return { ...tokens, text, windows };
  },
  decode(stage, { text, ids, spans, windows }, outputs) {
    const seen = windows.map((window, w) => ({ window, output: outputs[w]![0]! }));
    const words = classified(stage, wordsIn(text), spans, logitsOf(stage, ids.length, seen));
    const characters = charactersBefore(text);
    return {
      task: ID,
      score: words.reduce((least, { score }) => Math.min(least, score), 1),
      entities: entitiesOf(words).map(({ start, end, ...entity }) => ({
        ...entity,
        text: text.slice(start, end),
        start: characters[start]!,
        end: characters[end]!,
      })),
    };
  },
});

/**
 * The fields on which a stage's labels depend: its name, and the entity types in the order in which its classes first name them.
 */
const labelled = ({ name, classes }: Stage) => ({
  name,
  types: [...new Set(classes.flatMap((label) => typeOf(label) ?? []))],
});

/** The task "token-classification": entities in a text, such as names. The next stage gets the text of each entity. */
export const tokenClassification: Task<Stage, Result, readonly TrueEntity[]> = {
  id: ID,
  fields: { input: windowField, classes: classesField },
  variantFields: ['input'],

  itemFormat: () => TEXT_FORMAT,
  programs: [perToken],
  children(stage, item, { entities }, next) {
    checkItem(stage.name, TEXT_FORMAT, item);
    const characters = [...textOf(item)];
    return entities.map(({ start, end }) =>
      textItem(characters.slice(start, end).join(''), contentBytesMax(next)),
    );
  },
  fanOut: () => 'each-row',
  confidence: ({ score }) => score,

  metric: { stage: 'entity F1', pipeline: 'entity F1' },
  judged: 'always',
  readTruths: (file, stage, rows) => readEntities(file, labelled(stage), rows),
  readLabel: (stage, label, text) => readEntityLabel(labelled(stage), label, text),
  writeTruths: (stage, truths) => writeEntities(labelled(stage), truths),
  perfect: (truths) => ({
    task: ID,
    entities: truths.map((truth) => ({ ...truth, text: '', score: 1 })),
    score: 1,
  }),
  match: ({ entities }, truths) => matchEntities(entities, truths),

  tensors: () => [
    column('entities', 'BYTES', ({ text }) => text),
    column('types', 'BYTES', ({ type }) => type),
    column('scores', 'FP32', ({ score }) => score),
    column('starts', 'INT32', ({ start }) => start),
    column('ends', 'INT32', ({ end }) => end),
  ],
};
