import { z } from 'zod';
import { positiveCount } from '../../../solver/documents/common.ts';
import { checkItem } from '../../items/item-format.ts';
import { TEXT_BYTES_MAX, TEXT_FORMAT } from '../../items/text.ts';
import {
  type ClassifyingStage,
  type ClassResult,
  classesField,
  classifying,
  scoresField,
} from '../classes.ts';
import type { Input } from '../one-run.ts';
import type { Task } from '../task.ts';
import { TEXT_INPUTS, type TokenStage } from '../token-inputs.ts';
import { TOKENIZER_ASSETS, withEncoder } from '../tokens.ts';

const ID = 'text-classification';

/**
 * Manifest field: what the models read of a text. `bytes`: its first `length` bytes (UTF-8) as int64 [batch, length], padded with
 * zeros. `tokens`: at most `length` tokens of the variant's tokenizer as int64 [batch, tokens], in the tensors `input_ids`,
 * `attention_mask` and `token_type_ids`, of which a model may lack the last two.
 */
const textInput = z.strictObject({
  encoding: z.enum(['bytes', 'tokens']),
  length: positiveCount.max(TEXT_BYTES_MAX),
});

interface Stage extends ClassifyingStage, TokenStage {
  readonly input: z.output<typeof textInput>;
  /** Names of the classes whose items go on to the next stage; absent if the items of all classes do. */
  readonly passOn?: readonly string[];
}

const passesOn = ({ classes, passOn }: Stage, label: number): boolean =>
  passOn === undefined || passOn.includes(classes[label]!);

const firstBytes: Input<Stage> = {
  spec: ({ input }) => ({ types: ['int64'], dims: [input.length] }),
  encode(stage, items) {
    const { length } = stage.input;
    const data = new BigInt64Array(items.length * length);
    items.forEach((item, i) => {
      checkItem(stage.name, TEXT_FORMAT, item);
      const read = Math.min(length, item.length);
      for (let b = 0; b < read; b++) data[i * length + b] = BigInt(item[b]!);
    });
    return { type: 'int64', data, dims: [items.length, length] };
  },
};

/** The task "text-classification": one class per text. The next stage gets the same text if `passOn` allows its class. */
export const textClassification: Task<Stage, ClassResult, number> = {
  id: ID,
  fields: {
    input: textInput,
    classes: classesField,
    scores: scoresField,
    passOn: z.array(classesField.element).min(1).optional(),
  },
  variantFields: ['input', 'scores'],
  check({ classes, passOn = [] }, _index, problem) {
    passOn.forEach((name, i) => {
      if (!classes.includes(name)) problem(['passOn', i], 'expected one of the classes');
    });
  },

  // Items are whole texts, although a model may read only the start, because the next stage gets the whole text.
  itemFormat: () => TEXT_FORMAT,
  children: (stage, item, { label }) => (passesOn(stage, label) ? [item] : []),
  fanOut: ({ passOn }) => (passOn === undefined ? 'one' : 'one-or-none'),
  ...classifying<Stage>(ID, {
    inputs: ({ input }) => (input.encoding === 'tokens' ? TEXT_INPUTS : [firstBytes]),
    assets: ({ input }) => (input.encoding === 'tokens' ? TOKENIZER_ASSETS : []),
    prepare: async (stage, assets) =>
      stage.input.encoding === 'tokens' ? withEncoder(stage, assets) : stage,
    passesOn,
  }),
};
