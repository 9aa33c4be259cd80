import { pathOf } from '../../../models/hub/given/given-file.ts';
import { itemsOf } from '../../../models/items/item-batch.ts';
import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { type ClassifierFields, classifierFields, classifierStage } from '../../../models/onnx/classifier.ts';
import { notedClasses } from '../../../models/onnx/graph.ts';
import { SCALINGS, takesAnySize, takesRawPixels } from '../../../models/onnx/picture-input.ts';
import { isLabelled, type Pack } from '../../../models/packs/pack.ts';
import { type ClassResult, classIndex } from '../../../models/tasks/classes.ts';
import type { PictureSize } from '../../../models/tasks/pictures.ts';
import type { ModelChecker } from '../../engine/check-model.ts';
import { labelledFolder } from '../files/labelled-data.ts';
import type { Addition } from './adding.ts';
import { type MadePipeline, packedData } from './made-pipeline.ts';
import { type FirstModel, oneStagePipeline } from './one-stage-pipeline.ts';

/** Makes a pipeline of one stage from picture classifiers that are bare ONNX files, without a configuration. */

type NamedScaling = (typeof SCALINGS)[number];

/** At most this many labelled pictures decide how pixels are scaled. */
const TRIED = 32;

/** The user's answers about models that take pictures. */
export interface AskedPictures {
  /** The size of pictures; absent for the one that the model declares or, if the model takes any size, the usual one. */
  readonly size?: PictureSize | undefined;
}

/**
 * @param data a folder with a folder of pictures for each class; empty for none
 * @throws ModelAloneError, UnfitDataError, and what `fitting` throws
 */
export async function classifierPipeline(
  models: readonly File[],
  data: readonly File[],
  first: FirstModel,
  { size }: AskedPictures,
  addition: Addition,
): Promise<MadePipeline> {
  const { checker, step } = addition;
  const { file, graph } = first;
  const folders = data.length > 0 ? classesIn(data) : [];
  const noted = notedClasses(graph);
  // The exporter's note has all classes in the order of the outputs; folders may lack some, and their order is only that of names.
  const classes = folders.every((name) => classIndex(noted, name) >= 0) ? null : folders;
  const fields = classifierFields(graph, classes, file, { asked: size });
  // A pack contains unscaled pixels, so the scaling of this stage does not matter.
  const unscaled = new Pipeline({ name: file, stages: [classifierStage(fields, SCALINGS[0])] });
  const labelled = data.length > 0 ? await packedData(data, unscaled, step) : undefined;
  step(`Finding out how ${file} wants its pixels`);
  const scaling =
    labelled && !takesRawPixels(graph) && (await bestScaling(checker, first, fields, labelled.pack));
  const found = [
    takesAnySize(graph) &&
      !size &&
      `The model takes pictures of any size, and gets them as ${fields.input.width}x${fields.input.height}. For another size, choose the model again under "A new pipeline without a manifest", with the size`,
    scaling &&
      `Its pixels are scaled to ${scaling.words}, with which it got most of the labelled pictures right`,
  ];
  const made = await oneStagePipeline(
    models,
    first,
    classifierStage(fields, scaling || SCALINGS[0]),
    found.filter(Boolean).join('. '),
    addition,
  );
  return { ...made, labelled };
}

/** The names of the classes, which are those of the folders of pictures. */
function classesIn(data: readonly File[]): string[] {
  const folder = labelledFolder(data.map(pathOf));
  const names = data.map((file) => pathOf(file).slice(folder.length).split('/'));
  return [...new Set(names.filter(({ length }) => length > 1).map(([name]) => name!))].sort();
}

/** The scaling of pixels with which a model classifies the most labelled pictures correctly. */
async function bestScaling(
  checker: ModelChecker,
  { file, bytes }: FirstModel,
  fields: ClassifierFields,
  pack: Pack,
): Promise<NamedScaling> {
  let best: { scaling: NamedScaling; right: number } = { scaling: SCALINGS[0], right: -1 };
  if (!isLabelled(pack)) return best.scaling;
  const all = itemsOf(pack.items);
  const count = Math.min(TRIED, all.length);
  // A pack that is made from folders orders its pictures by class, so the tried pictures are spread over the whole pack.
  const drawn = Array.from({ length: count }, (_, i) => Math.floor((i * all.length) / count));
  const items = drawn.map((i) => all[i]!);
  for (const scaling of SCALINGS) {
    if (scaling.mean.length > 1 && fields.input.channels === 1) continue;
    const results = await checker.answers(classifierStage(fields, scaling), file, { model: bytes }, items);
    const right = results.filter(
      (result, i) => (result as ClassResult).label === pack.truths[drawn[i]!]!.truth,
    ).length;
    if (right > best.right) best = { scaling, right };
  }
  return best.scaling;
}
