import { InputError } from '../../../solver/documents/coded-error.ts';
import { folderOf, type GivenFile } from './given-file.ts';

/** Name of a weight file, by its model's name: `model.onnx_data` or `model.onnx.data`, with a number if there are several. */
const WEIGHTS = /^(.*\.onnx)[._]data(_\d+)?$/i;

/** The name of the model whose weights a file has; undefined for a file of another kind. */
const modelOf = ({ name }: Pick<GivenFile, 'name'>): string | undefined => WEIGHTS.exec(name)?.[1];

export const isWeights = (file: Pick<GivenFile, 'name'>): boolean => modelOf(file) !== undefined;

/** A file of weights was given without its model. */
class WeightsAloneError extends InputError {
  override name = 'WeightsAloneError';
  constructor(file: GivenFile) {
    super(
      `${file.name} has weights of the model ${modelOf(file)}. Give both together, with the folders and names that they had ` +
        'when they were saved.',
    );
  }
}

/** A model's file, and the files that hold weights of it. */
export interface ModelFiles<F extends GivenFile> {
  readonly file: F;
  readonly weights: readonly F[];
}

/** Finds the weights of each model beside it, by their names. @throws WeightsAloneError */
export function modelsWithWeights<F extends GivenFile>(files: readonly F[]): ModelFiles<F>[] {
  const models = files.filter((file) => !isWeights(file));
  const weights = files.filter(isWeights);
  const isOf = (own: F, model: F) => model.name === modelOf(own) && folderOf(model) === folderOf(own);
  const alone = weights.find((own) => !models.some((model) => isOf(own, model)));
  if (alone) throw new WeightsAloneError(alone);
  return models.map((file) => ({ file, weights: weights.filter((own) => isOf(own, file)) }));
}
