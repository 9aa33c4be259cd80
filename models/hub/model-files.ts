import { type Dtype, dtype } from '../../solver/documents/manifest.ts';
import { ExternalDataError, NoModelFileError } from './errors.ts';
import type { Repository, RepositoryFile } from './repository.ts';

/** How the name of a model file ends for each data type of its weights. */
const SUFFIX: Record<Dtype, string> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

const pathOf = (type: Dtype): string => `onnx/model${SUFFIX[type]}.onnx`;

export interface HubModel {
  readonly dtype: Dtype;
  readonly file: RepositoryFile;
}

/**
 * The models of a repository that run in one session.
 * @param wanted data types of the weights; absent: all that the repository has
 * @throws NoModelFileError, ExternalDataError
 */
export function modelFilesOf({ id, files }: Repository, wanted?: readonly Dtype[]): HubModel[] {
  const models = dtype.options.flatMap((type): HubModel[] => {
    const file = files.find(({ path }) => path === pathOf(type));
    return file ? [{ dtype: type, file }] : [];
  });
  const has = models.map((model) => model.dtype);
  if (models.length === 0) {
    const others = files.map(({ path }) => path).filter((path) => path.endsWith('.onnx'));
    throw new NoModelFileError(
      `${id} has no onnx/model.onnx, nor one of another data type. ` +
        (others.length > 0
          ? `Of its models (${others.slice(0, 5).join(', ')}) none runs in one session; choose another model.`
          : 'Choose a model that was converted to ONNX, e.g. by onnx-community or Xenova.'),
    );
  }
  const missing = wanted?.filter((type) => !has.includes(type)) ?? [];
  if (missing.length > 0)
    throw new NoModelFileError(`${id} has no model in ${missing.join(', ')}. It has ${has.join(', ')}.`);
  const chosen = models.filter((model) => wanted?.includes(model.dtype) ?? true);
  const external = ({ file }: HubModel) => files.some(({ path }) => path.startsWith(`${file.path}_data`));
  const first = chosen.find(external);
  if (first) {
    const others = models.filter((model) => !external(model)).map((model) => model.dtype);
    throw new ExternalDataError(id, first.file.path, others);
  }
  return chosen;
}
