import { type Graph, readGraph } from '../../../models/onnx/graph.ts';
import { dimsText } from '../../../workers/runtime/runtime.ts';
import { bytesOf } from '../files/file-size.ts';

/** What ONNX files say of their models, in words. */

/** A model, as its file describes it. */
interface SeenModel {
  readonly file: string;
  readonly graph: Graph;
}

/** Reads what models take, give and consist of. @throws FileTooLargeError, NotOnnxError */
export const seeModels = (models: readonly File[]): Promise<SeenModel[]> =>
  Promise.all(
    models
      .filter(({ name }) => /\.onnx$/i.test(name))
      .map(async (file) => ({ file: file.name, graph: readGraph(await bytesOf(file), file.name) })),
  );

/** A tensor in words: `input float32 [n, 3, 224, 224]`. */
const tensorText = ({ name, type, dims }: Graph['inputs'][number]): string =>
  `${name} ${type} ${dimsText(dims)}`;

/** Tensors and operators that are named, of those that a model has: a decoder has a tensor for each key and value of a layer. */
const NAMED = { tensors: 6, operators: 8 };

function listed(words: readonly string[], most: number, others: string): string {
  const more = words.length - most;
  return words.slice(0, most).join(', ') + (more > 0 ? ` and ${more} ${others}` : '');
}

/** A model's inputs, outputs and operators, in a sentence. */
export function graphText({ inputs, outputs, operators }: Graph): string {
  const tensors = (all: Graph['inputs']) => listed(all.map(tensorText), NAMED.tensors, 'more');
  const counts = [...operators].map(([name, count]) => `${count} ${name}`);
  return (
    `takes ${tensors(inputs)} and gives ${tensors(outputs)}; ` +
    `operators: ${listed(counts, NAMED.operators, 'other kinds')}`
  );
}
