import { z } from 'zod';
import { positiveCount } from '../../../solver/documents/common.ts';
import { checkItem } from '../../items/item-format.ts';
import {
  type ClassifyingStage,
  type ClassResult,
  classesField,
  classifying,
  scoresField,
} from '../classes.ts';
import type { Input } from '../program.ts';
import type { Task } from '../task.ts';

const ID = 'text-classification';

/** Longest text that a stage accepts, in bytes. A model may read only its start; the next stage still gets the whole text. */
const TEXT_BYTES_MAX = 64 * 1024;

/** Manifest field: models read the first `length` bytes of a text (UTF-8) as int64 [batch, length], padded with zeros. */
const byteInput = z.strictObject({ encoding: z.literal('bytes'), length: positiveCount.max(TEXT_BYTES_MAX) });

interface Stage extends ClassifyingStage {
  readonly input: z.output<typeof byteInput>;
  /** Names of the classes whose items go on to the next stage; absent if the items of all classes do. */
  readonly passOn?: readonly string[];
}

const passesOn = ({ classes, passOn }: Stage, label: number): boolean =>
  passOn === undefined || passOn.includes(classes[label]!);

/** Encodes the first bytes of each text as {@link byteInput} describes. */
const firstBytes: Input<Stage> = {
  spec: ({ input }) => ({ types: ['int64'], dims: [input.length] }),
  encode(stage, items) {
    const { length } = stage.input;
    const data = new BigInt64Array(items.length * length);
    items.forEach((item, i) => {
      checkItem(stage.name, textClassification.itemFormat(stage), item);
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
    input: byteInput,
    classes: classesField,
    scores: scoresField,
    passOn: z.array(classesField.element).min(1).optional(),
  },
  check({ classes, passOn = [] }, _index, problem) {
    passOn.forEach((name, i) => {
      if (!classes.includes(name)) problem(['passOn', i], 'expected one of the classes');
    });
  },

  itemFormat: () => ({ kind: 'text', bytesMax: TEXT_BYTES_MAX }),
  children: (stage, item, { label }) => (passesOn(stage, label) ? [item] : []),
  fanOut: ({ passOn }) => (passOn === undefined ? 'one' : 'one-or-none'),
  ...classifying(ID, { inputs: [firstBytes], passesOn }),
};
