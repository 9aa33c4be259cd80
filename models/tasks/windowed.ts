import { type Item, inGroups } from '../items/item-batch.ts';
import { type ItemOutput, runRows } from './one-run.ts';
import type { Program, TensorSpec } from './program.ts';
import { rowLength, type TextStage, TOKEN_INPUTS } from './token-inputs.ts';
import { TOKENIZER_ASSETS, withEncoder } from './tokens.ts';
import type { Window } from './windows.ts';

/**
 * Parts from which {@link windowed} makes a program. `T` is a text cut into windows, with the data that `decode` needs besides
 * the outputs.
 */
interface Windowed<S, T, R> {
  outputs(stage: S): readonly TensorSpec[];
  /** @param length the largest number of tokens in a row, special tokens included */
  cut(stage: S, item: Item, length: number): T;
  /** The result for a text, from the outputs of each of its windows. */
  decode(stage: S, text: T, outputs: readonly (readonly ItemOutput[])[]): R;
}

/**
 * The program of a variant whose one session, `model`, reads whole texts in windows. Each window is a row. If the model's batch
 * size is dynamic, a run takes at most as many rows as the batch has texts.
 */
export const windowed = <S extends TextStage, T extends { readonly windows: readonly Window[] }, R>({
  outputs,
  cut,
  decode,
}: Windowed<S, T, R>): Program<S, R> => ({
  assets: () => TOKENIZER_ASSETS,
  prepare: withEncoder,
  signatures: (stage) => ({
    model: { inputs: TOKEN_INPUTS.map(({ spec }) => spec(stage)), outputs: outputs(stage) },
  }),
  async run(stage, items, { model }, scratch) {
    const ids = model!.inputs.find(({ name }) => name === 'input_ids')!;
    const texts = items.map((item) => cut(stage, item, rowLength(stage, ids)));
    const rows = texts.flatMap(({ windows }) => windows);
    const own = { stage, inputs: TOKEN_INPUTS, outputs: outputs(stage), rows, most: items.length };
    const run = await runRows(own, model!, scratch);
    const byText = inGroups(
      run.results,
      texts.map(({ windows }) => windows.length),
    );
    return { ...run, results: texts.map((text, i) => decode(stage, text, byText[i]!)) };
  },
});
