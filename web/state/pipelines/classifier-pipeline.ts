import { itemsOf } from '../../../models/items/item-batch.ts';
import { freeName, variantName } from '../../../models/manifests/edit.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { type ClassifierFields, classifierFields } from '../../../models/onnx/classifier.ts';
import { readGraph } from '../../../models/onnx/graph.ts';
import { isLabelled, type Pack } from '../../../models/packs/pack.ts';
import type { ClassResult } from '../../../models/tasks/classes.ts';
import { MANIFEST, type ManifestStage } from '../../../solver/documents/manifest.ts';
import type { ModelChecker } from '../../engine/check-model.ts';
import { bytesOf } from '../files/file-size.ts';
import { pathOf } from '../files/given-files.ts';
import { labelledFolder } from '../files/labelled-data.ts';
import { modelSets } from '../files/model-sets.ts';
import type { Addition } from './adding.ts';
import { type MadePipeline, packedData } from './made-pipeline.ts';
import { fitting } from './model-fit.ts';
import { NONE_PUBLISHED } from './own-models.ts';
import { graphText } from './seen-models.ts';

/** Makes a pipeline of one stage from picture classifiers that come as ONNX files alone, without a configuration. */

const STAGE = 'classify';
const TASK = 'image-classification';

/** How pixels are scaled for a model, which no ONNX file says: to 0–1, to −1–1, or as for ImageNet. */
const SCALINGS = [
  { words: '0 to 1', mean: [0], std: [1] },
  { words: '−1 to 1', mean: [0.5], std: [0.5] },
  { words: "ImageNet's mean and deviation", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
];
type Scaling = (typeof SCALINGS)[number];

/** Labelled pictures on which the scaling is chosen. */
const TRIED = 32;

/**
 * @param data a folder with a folder of pictures for each class; empty for none
 * @throws NotOnnxError, NotAClassifierError, UnfitDataError, and what {@link fitting} throws
 */
export async function classifierPipeline(
  models: readonly File[],
  data: readonly File[],
  addition: Addition,
): Promise<MadePipeline> {
  const { checker, step } = addition;
  const { sets, assets } = modelSets(models);
  const first = [...sets[0]!.sessions.values()][0]!.file;
  step(`Reading ${first.name}`);
  const bytes = await bytesOf(first);
  const graph = readGraph(bytes, first.name);
  const fields = classifierFields(graph, data.length > 0 ? classesIn(data) : null, first.name);
  // A pack has pixels as they are, so that it does not depend on the scaling.
  const unscaled = new Pipeline({ name: first.name, stages: [stageOf(fields, SCALINGS[0]!)] });
  const labelled = data.length > 0 ? await packedData(data, unscaled, step) : undefined;
  step(`Finding out how ${first.name} wants its pixels`);
  const scaling =
    labelled && (await bestScaling(checker, { file: first.name, bytes, fields }, labelled.pack));
  const stage = stageOf(fields, scaling ?? SCALINGS[0]!);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const set of sets) {
    step(`Checking ${set.name}`);
    const fit = await fitting(checker, [stage], set, assets);
    for (const read of fit.read) files.set(read.sha256, read.bytes);
    const name = variantName(set.name, stage);
    stage.variants.push({ name, ...fit.files, accuracy: null, accuracySource: NONE_PUBLISHED });
  }
  const name = freeName(first.name.replace(/\.onnx$/i, ''), []);
  const manifest = parseManifest(
    { schema: MANIFEST, name, title: `Pictures: ${name}`, stages: [stage] },
    name,
  );
  const found =
    scaling &&
    `. Its pixels are scaled to ${scaling.words}, with which it got most of the labelled pictures right`;
  const words = `${first.name} ${graphText(graph)}${found ?? ''}`;
  return { manifest, files, words, ...(labelled && { labelled }) };
}

/** A model that becomes a pipeline. */
interface NewModel {
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fields: ClassifierFields;
}

type ScaledStage = ManifestStage & Omit<ClassifierFields, 'classes'> & { readonly classes: string[] };

const stageOf = ({ input, classes, scores }: ClassifierFields, { mean, std }: Scaling): ScaledStage => ({
  name: STAGE,
  task: TASK,
  input: { layout: 'nchw', ...input, mean, std },
  classes: [...classes],
  scores,
  variants: [],
});

/** The names of the folders of pictures, which are those of the classes. */
function classesIn(data: readonly File[]): string[] {
  const folder = labelledFolder(data.map(pathOf));
  const names = data.map((file) => pathOf(file).slice(folder.length).split('/'));
  return [...new Set(names.filter(({ length }) => length > 1).map(([name]) => name!))].sort();
}

/** The scaling with which a model gets most labelled pictures right. */
async function bestScaling(checker: ModelChecker, model: NewModel, pack: Pack): Promise<Scaling> {
  let best = { scaling: SCALINGS[0]!, right: -1 };
  if (!isLabelled(pack)) return best.scaling;
  const { fields, file, bytes } = model;
  const all = itemsOf(pack.items);
  const count = Math.min(TRIED, all.length);
  // Pictures are in the order of their classes, so they are drawn from all over the pack.
  const drawn = Array.from({ length: count }, (_, i) => Math.floor((i * all.length) / count));
  const items = drawn.map((i) => all[i]!);
  for (const scaling of SCALINGS) {
    if (scaling.mean.length > 1 && fields.input.channels === 1) continue;
    const results = await checker.answers(stageOf(fields, scaling), file, { model: bytes }, items);
    const right = results.filter(
      (result, i) => (result as ClassResult).label === pack.truths[drawn[i]!]!.truth,
    ).length;
    if (right > best.right) best = { scaling, right };
  }
  return best.scaling;
}
