import { messages, textOf } from '../../../models/onnx/graph.ts';
import { fileOf, node } from '../../onnx-graph.ts';

type File = Uint8Array<ArrayBuffer>;

/**
 * Splits a merged decoder of the hub into two files. A merged decoder is one `If` with a branch for the first step and one for
 * later steps; each branch becomes a file with the inputs and outputs that exporters give it.
 */
export function splitDecoder(merged: Uint8Array): { decoder: File; 'decoder-with-past': File } {
  const [graph] = messages(merged, 7);
  const [branching] = messages(graph!, 1);
  const [weights, inputs, outputs] = [5, 11, 12].map((number) => [...messages(graph!, number)]);
  const outputNames = outputs!.map((output) => textOf(output, 1));
  const withoutAny = (values: readonly Uint8Array[], left: RegExp) =>
    values.filter((value) => !left.test(textOf(value, 1)));
  const fileFor = (branchName: string, leftOut: RegExp): File => {
    const attribute = [...messages(branching!, 5)].find((one) => textOf(one, 1) === branchName)!;
    const [branch] = messages(attribute, 6);
    const own = [...messages(branch!, 12)].map((output) => textOf(output, 1));
    const renamed = outputNames.map((name, i) => node('Identity', [own[i]!], name));
    return fileOf(
      [...messages(branch!, 1), ...renamed],
      weights!,
      withoutAny(inputs!, leftOut),
      withoutAny(outputs!, leftOut),
    );
  };
  return {
    decoder: fileFor('else_branch', /^(use_cache_branch$|past_key_values\.)/),
    'decoder-with-past': fileFor(
      'then_branch',
      /^(use_cache_branch|encoder_hidden_states)$|^present\..*\.encoder\./,
    ),
  };
}
