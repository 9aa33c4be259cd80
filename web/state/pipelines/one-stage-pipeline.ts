import { ONNX_FILE } from '../../../models/hub/file-names.ts';
import { modelSets } from '../../../models/hub/given/model-sets.ts';
import { freeName, variantName } from '../../../models/manifests/edit.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import { type Graph, readGraph } from '../../../models/onnx/graph.ts';
import { MANIFEST, type ManifestStage } from '../../../solver/documents/manifest.ts';
import { bytesOf } from '../files/file-size.ts';
import type { Addition } from './adding.ts';
import type { MadePipeline } from './made-pipeline.ts';
import { fitting } from './model-fit.ts';
import { graphText } from './seen-models.ts';

/** Makes a pipeline of one stage from picture models that are bare ONNX files, without a configuration. */

/** The first of the models, whose graph determines the stage. */
export interface FirstModel {
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly graph: Graph;
}

/** @throws WeightsAloneError, AssetsAloneError, FileTooLargeError, NotOnnxError */
export async function firstModel(models: readonly File[], step: Addition['step']): Promise<FirstModel> {
  const [session] = modelSets(models).sets[0]!.sessions.values();
  const { name } = session!.file;
  step(`Reading ${name}`);
  const bytes = await bytesOf(session!.file);
  return { file: name, bytes, graph: readGraph(bytes, name) };
}

/**
 * Checks that each model fits the stage, and makes it a variant.
 * @param stage without variants
 * @param found further findings about the models, in a sentence
 * @throws what {@link fitting} throws
 */
export async function oneStagePipeline(
  models: readonly File[],
  { file, graph }: Pick<FirstModel, 'file' | 'graph'>,
  stage: ManifestStage,
  found: string,
  { checker, step }: Addition,
): Promise<MadePipeline> {
  const { sets, assets } = modelSets(models);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const variants: ManifestStage['variants'] = [];
  for (const set of sets) {
    step(`Checking ${set.name}`);
    const fit = await fitting(checker, [stage], set, assets);
    for (const read of fit.read) files.set(read.sha256, read.bytes);
    const name = variantName(set.name, { ...stage, variants });
    variants.push({ name, ...fit.unnamed });
  }
  const name = freeName(file.replace(ONNX_FILE, ''), []);
  const made = { schema: MANIFEST, name, title: `Pictures: ${name}`, stages: [{ ...stage, variants }] };
  const words = [`${file} ${graphText(graph)}`, found].filter(Boolean).join('. ');
  return { manifest: parseManifest(made, name), files, words };
}
