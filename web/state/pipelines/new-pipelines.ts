import { itemsOf } from '../../../models/items/item-batch.ts';
import { freeName, variantName } from '../../../models/manifests/edit.ts';
import { withFiles } from '../../../models/manifests/load.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { type ClassifierFields, classifierFields } from '../../../models/onnx/classifier.ts';
import { type Graph, readGraph } from '../../../models/onnx/graph.ts';
import { isLabelled, type Pack, packOf } from '../../../models/packs/pack.ts';
import type { ClassResult } from '../../../models/tasks/classes.ts';
import { MANIFEST, type ManifestStage } from '../../../solver/documents/manifest.ts';
import { dimsText } from '../../../workers/runtime/runtime.ts';
import type { ModelChecker } from '../../engine/check-model.ts';
import { pathOf } from '../files/given-files.ts';
import { packOfData } from '../files/labelled-data.ts';
import { modelSets } from '../files/model-sets.ts';
import { type Addition, addOneByOne, bytesOf, lastAdded } from './adding.ts';
import { fitting, type ReadFile } from './model-fit.ts';
import { NONE_PUBLISHED, packEntry } from './own-models.ts';
import { ownPipelines, setChosen, usedNames } from './pipelines.ts';

/** Makes pipelines of one stage from ONNX models, without a manifest. */

const STAGE = 'classify';
const TASK = 'image-classification';

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

/** Operators that are named, of those that a model has. */
const NAMED_OPERATORS = 8;

/** What a model takes, gives and consists of, in a sentence. */
export function graphText({ inputs, outputs, operators }: Graph): string {
  const named = [...operators].slice(0, NAMED_OPERATORS).map(([name, count]) => `${count} ${name}`);
  const more = operators.size - named.length;
  return (
    `takes ${inputs.map(tensorText).join(', ')} and gives ${outputs.map(tensorText).join(', ')}; ` +
    `operators: ${named.join(', ')}${more > 0 ? ` and ${more} other kinds` : ''}`
  );
}

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
 * Makes a pipeline of one stage that classifies pictures, with these models as its variants. Without labelled data, it has no pack, so
 * that latency alone can be measured.
 * @param data a folder with a folder of pictures for each class; empty for none
 * @throws NotOnnxError, NotAClassifierError, UnfitDataError, and what {@link fitting} and saving throw
 */
export const makePipeline = (models: readonly File[], data: readonly File[]): Promise<void> =>
  addOneByOne(async (addition) => {
    const { step } = addition;
    const { sets, assets } = modelSets(models);
    const first = [...sets[0]!.sessions.values()][0]!.file;
    step(`Reading ${first.name}`);
    const bytes = await bytesOf(first);
    const graph = readGraph(bytes, first.name);
    const classes = data.length > 0 ? classesIn(data) : null;
    const model = { file: first.name, bytes, fields: classifierFields(graph, classes, first.name) };
    const labelled = classes && (await labelledPictures(data, model, addition));
    const stage = stageOf(model.fields, labelled?.scaling ?? SCALINGS[0]!);
    const read: Pick<ReadFile, 'sha256' | 'bytes'>[] = labelled ? [labelled.file] : [];
    for (const set of sets) {
      step(`Checking ${set.name}`);
      const fit = await fitting(addition.checker, [stage], set, assets);
      read.push(...fit.read);
      const name = variantName(set.name, stage);
      stage.variants.push({ name, ...fit.files, accuracy: null, accuracySource: NONE_PUBLISHED });
    }
    const name = freeName(first.name.replace(/\.onnx$/i, ''), usedNames());
    const pack = labelled && { pack: labelled.entry };
    const manifest = { schema: MANIFEST, name, title: `Pictures: ${name}`, stages: [stage], ...pack };
    step(`Saving ${name}`);
    const bytesOfSum = async (_: string, sha256: string) => read.find((one) => one.sha256 === sha256)!.bytes;
    setChosen(await ownPipelines.save(withFiles(parseManifest(manifest, name), bytesOfSum)));
    lastAdded.value = `The pipeline ${name} is made: ${first.name} ${graphText(graph)}. ${
      labelled
        ? `Its pixels are scaled to ${labelled.scaling.words}, with which it got most of the labelled pictures right; measuring uses ${labelled.entry.source}.`
        : 'Without labelled pictures its times are measured, and no accuracy, so that nothing can be planned: give a folder of pictures by class.'
    }`;
  });

/** A model that becomes a pipeline. */
interface NewModel {
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fields: ClassifierFields;
}

/** Makes a pack of labelled pictures, and finds out how the model wants its pixels. */
async function labelledPictures(data: readonly File[], model: NewModel, { checker, step }: Addition) {
  // A pack has pixels as they are, so that it does not depend on the scaling.
  const pipeline = new Pipeline({ name: model.file, stages: [stageOf(model.fields, SCALINGS[0]!)] });
  const { bytes, from } = await packOfData(data, pipeline, (done, total) =>
    step(`Reading labelled pictures: ${done} of ${total}`),
  );
  const pack = await packOf(bytes, from, pipeline);
  const entry = await packEntry(bytes, from, pack, pipeline);
  step(`Finding out how ${model.file} wants its pixels`);
  return { entry, file: { sha256: entry.sha256, bytes }, scaling: await bestScaling(checker, model, pack) };
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

/** The names of the folders just below the one that was given, which are those of the classes. */
function classesIn(data: readonly File[]): string[] {
  const names = data.map((file) => pathOf(file).split('/')).filter(({ length }) => length > 2);
  return [...new Set(names.map(([, name]) => name!))].sort();
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
