import { ONNX_FILE } from '../../../models/hub/file-names.ts';
import { isDescribed } from '../../../models/hub/given/model-folders.ts';
import { type Graph, notedClasses, readGraph } from '../../../models/onnx/graph.ts';
import { takesAnySize } from '../../../models/onnx/picture-input.ts';
import { type YoloHead, yoloHeads } from '../../../models/onnx/yolo.ts';
import { dimsText } from '../../../workers/runtime/runtime.ts';
import { bytesOf } from '../files/file-size.ts';
import type { ChosenModels } from './chosen-models.ts';

/** Describes models in words, from their ONNX files. */

/** Reads the inputs, outputs, operators and YOLO output formats of models. @throws FileTooLargeError, NotOnnxError */
export async function seeModels(files: readonly File[]): Promise<ChosenModels> {
  const seen = await Promise.all(
    files
      .filter(({ name }) => ONNX_FILE.test(name))
      .map(async (file) => ({ file: file.name, graph: readGraph(await bytesOf(file), file.name) })),
  );
  const [first, ...others] = isDescribed(files) ? [] : seen.map(({ graph }) => yoloHeads(graph));
  const isCommon = ({ format, classes }: YoloHead) =>
    others.every((heads) => heads.some((one) => one.format === format && one.classes === classes));
  const heads = first?.filter(isCommon) ?? [];
  const classes = heads.length > 0 ? notedClasses(seen[0]!.graph).join('\n') : '';
  return {
    files,
    words: seen.map(({ file, graph }) => `${file} ${graphText(graph)}.`),
    heads,
    anySize: first !== undefined && takesAnySize(seen[0]!.graph),
    asked: { task: '', prefix: '', format: heads[0]?.format ?? '', classes, size: '' },
  };
}

/** A tensor in words: `input float32 [n, 3, 224, 224]`. */
const tensorText = ({ name, type, dims }: Graph['inputs'][number]): string =>
  `${name} ${type} ${dimsText(dims)}`;

/** A description names at most so many tensors and operators, because a decoder has a tensor for each layer's keys and values. */
const NAMED = { tensors: 6, operators: 8 };

function listed(words: readonly string[], most: number, others: string): string {
  const more = words.length - most;
  return words.slice(0, most).join(', ') + (more > 0 ? ` and ${more} ${others}` : '');
}

/** A model's inputs, outputs and operators, after its file's name. @throws NotOnnxError */
export const modelText = (bytes: Uint8Array, file: string): string =>
  `${file} ${graphText(readGraph(bytes, file))}`;

/** A model's inputs, outputs and operators, in a sentence. */
export function graphText({ inputs, outputs, operators }: Graph): string {
  const tensors = (all: Graph['inputs']) => listed(all.map(tensorText), NAMED.tensors, 'more');
  const counts = [...operators].map(([name, count]) => `${count} ${name}`);
  return (
    `takes ${tensors(inputs)} and gives ${tensors(outputs)}; ` +
    `operators: ${listed(counts, NAMED.operators, 'other kinds')}`
  );
}
