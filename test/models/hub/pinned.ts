import { hubVariants } from '../../../models/hub/model-files.ts';
import type { Pin } from '../../../models/hub/pin.ts';
import { fileAddress, parseRepository } from '../../../models/hub/repository.ts';
import { hubStage } from '../../../models/hub/stage.ts';
import { apiAnswer, modelOf, RESNET } from './models.ts';

export const FILES = { 'onnx/model.onnx': 70, 'onnx/model_quantized.onnx': 20 };

export function pinOf(
  id: string,
  model: Parameters<typeof modelOf>[1] = RESNET,
  files: Record<string, number> = FILES,
  task?: string,
): Pin {
  const repository = parseRepository(apiAnswer(id, files), 'the API');
  const own = hubStage(modelOf(id, model), task);
  return {
    repository,
    source: { hub: id, revision: repository.revision, licence: repository.licence },
    addressOf: (path) => fileAddress('https://hub', repository, path),
    ...own,
    variants: hubVariants(repository, own.stage),
    sums: new Map(repository.files.map(({ path }) => [path, 'e'.repeat(64)])),
  };
}

/** The files of a repository with an encoder and a decoder, in two data types. */
export const TRANSLATOR = Object.fromEntries([
  ...['', '_quantized'].flatMap((suffix) => [
    [`onnx/encoder_model${suffix}.onnx`, 40],
    [`onnx/decoder_model_merged${suffix}.onnx`, 50],
    [`onnx/decoder_model${suffix}.onnx`, 45],
    [`onnx/decoder_with_past_model${suffix}.onnx`, 44],
  ]),
  ...['config', 'generation_config', 'tokenizer', 'tokenizer_config'].map((name) => [`${name}.json`, 1]),
]);

export const SPEAKER = { ...TRANSLATOR, 'preprocessor_config.json': 1 };

export const namesOf = (stages: readonly { readonly variants: readonly { readonly name: string }[] }[]) =>
  stages.map(({ variants }) => variants.map(({ name }) => name));
