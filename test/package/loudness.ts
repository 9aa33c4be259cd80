import { z } from 'zod';
import { checkItem } from '../../models/items/item-format.ts';
import {
  type ClassifyingStage,
  type ClassResult,
  classesField,
  classifying,
  scoresField,
} from '../../models/tasks/classes.ts';
import type { Input } from '../../models/tasks/one-run.ts';
import type { Task } from '../../models/tasks/task.ts';

/** A made-up task that tries the steps of CONTRIBUTING.md for a new task: is a recording quiet or loud? */

const ID = 'loudness';

const input = z.strictObject({ sampleRateHz: z.int().positive(), samples: z.int().positive() });

interface Stage extends ClassifyingStage {
  readonly input: z.output<typeof input>;
}

const samples: Input<Stage> = {
  spec: ({ input }) => ({ types: ['float32'], dims: [input.samples] }),
  encode(stage, items, scratch) {
    const { samples } = stage.input;
    const data = scratch.arrayOf('float32', items.length * samples).fill(0);
    items.forEach((item, i) => {
      checkItem(stage.name, loudness.itemFormat(stage), item);
      data.set(new Float32Array(item.slice().buffer), i * samples);
    });
    return { type: 'float32', data, dims: [items.length, samples] };
  },
};

export const loudness: Task<Stage, ClassResult, number> = {
  id: ID,
  fields: { input, classes: classesField, scores: scoresField },

  itemFormat: ({ input: { sampleRateHz, samples } }) => ({
    kind: 'audio',
    sampleRateHz,
    samplesMax: samples,
  }),
  children: (_stage, item) => [item],
  fanOut: () => 'one',
  ...classifying<Stage>(ID, { inputs: () => [samples] }),
};
