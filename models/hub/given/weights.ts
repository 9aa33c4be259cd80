import { InputError } from '../../../solver/documents/coded-error.ts';
import { modelOfWeights } from '../file-names.ts';
import { type GivenFile, pathOf } from './given-file.ts';

export const isWeights = (file: Pick<GivenFile, 'name'>): boolean => modelOfWeights(file.name) !== undefined;

/** The user gave a weight file without its model. */
class WeightsAloneError extends InputError {
  override name = 'WeightsAloneError';
  constructor(file: GivenFile) {
    super(
      `${file.name} has weights of the model ${modelOfWeights(file.name)}. Give both together, with the ` +
        'folders and names that they had when they were saved.',
    );
  }
}

/** A model's file, and the files that hold weights of it. */
export interface ModelFiles<F extends GivenFile> {
  readonly file: F;
  readonly weights: readonly F[];
}

/**
 * Finds each model's weight files: those in its folder that are named after it, e.g. `model.onnx_data`.
 * @throws WeightsAloneError
 */
export function modelsWithWeights<F extends GivenFile>(files: readonly F[]): ModelFiles<F>[] {
  const models = files.filter((file) => !isWeights(file));
  const weights = files.filter(isWeights);
  const isOf = (own: F, model: F) => modelOfWeights(pathOf(own)) === pathOf(model);
  const alone = weights.find((own) => !models.some((model) => isOf(own, model)));
  if (alone) throw new WeightsAloneError(alone);
  return models.map((file) => ({ file, weights: weights.filter((own) => isOf(own, file)) }));
}
