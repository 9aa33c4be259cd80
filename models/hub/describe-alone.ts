import type { Manifest } from '../../solver/documents/manifest.ts';
import { MOST_FILE_BYTES } from '../manifests/load.ts';
import { classifierFields } from '../onnx/classifier.ts';
import { type Graph, readGraph } from '../onnx/graph.ts';
import { classifierStage, detectorStage, type Scaling, UNSCALED } from '../onnx/stages.ts';
import { notedClasses, type YoloHead, yoloHeads } from '../onnx/yolo.ts';
import { type Description, type ModelFolder, withSums } from './describe.ts';
import { noConfig } from './errors.ts';
import { HUB_KINDS } from './kinds.ts';
import { stageFor } from './pin.ts';

interface DescribedAlone {
  readonly described: Description;
  /** What its file does not say and is taken for granted, in a sentence; null if the stage that it is added to says it. */
  readonly assumed: string | null;
}

interface AloneOptions {
  /** Names of its classes, in the order of the model's outputs; absent: as the stage or the exporter says, or numbered. */
  readonly classes?: readonly string[] | undefined;
  /** The name of the stage that it is added to; absent: the first one of the model's task. */
  readonly stage?: string | undefined;
}

/**
 * Reads what a manifest says of a model of pictures that comes as an ONNX file alone: a detector in a YOLO format, or a classifier.
 * @param manifest to which the model is added: its stage says how pixels are scaled and what the classes are called
 * @throws UnusableConfigError, NotOnnxError, ModelAloneError, ClassCountError
 */
export async function describeAlone(
  folder: ModelFolder,
  manifest: Manifest | null,
  { classes, stage }: AloneOptions,
): Promise<DescribedAlone> {
  const { repository } = folder;
  const [model, ...others] = repository.files.filter(({ path }) => path.endsWith('.onnx'));
  if (!model || others.length > 0) throw noConfig(repository.id);
  const { path } = model;
  const bytes = await folder.bytes(path, MOST_FILE_BYTES);
  const graph = readGraph(bytes, path);
  const [head] = yoloHeads(graph);
  const known = stageFor(manifest, head ? 'object-detection' : 'image-classification', stage) as Known;
  const found = head ? detector(graph, head, path, classes, known) : classifier(graph, path, classes, known);
  const kind = HUB_KINDS.find(({ task }) => task === found.stage.task)!;
  const described = await withSums(folder, { kind, stage: found.stage }, new Map([[path, bytes]]));
  return { described, assumed: known ? null : found.assumed };
}

/** What a stage that is there says of its models. */
type Known = { readonly classes?: readonly string[]; readonly input?: Scaling } | undefined;

const NUMBERED = 'its classes are numbered: pin it again with --classes, which names them';

function detector(
  graph: Graph,
  head: YoloHead,
  file: string,
  asked: readonly string[] | undefined,
  known: Known,
) {
  const classes = asked ?? ofCount(known?.classes, head.classes) ?? notedClasses(graph);
  const named = classes.length > 0 ? '' : `; ${NUMBERED}`;
  return {
    stage: detectorStage(graph, head, classes, file),
    assumed: `${file} is taken for a detector of ${head.classes} classes in the format ${head.format}${named}.`,
  };
}

function classifier(graph: Graph, file: string, asked: readonly string[] | undefined, known: Known) {
  const { input, classes, scores } = classifierFields(graph, asked ?? null, file);
  const fields = {
    // Where a stage is there, the runtime sees the order of a model's dimensions by itself.
    input: known ? { ...input, layout: 'nchw' as const } : input,
    classes: asked ?? ofCount(known?.classes, classes.length) ?? classes,
    scores,
  };
  return {
    stage: classifierStage(fields, known?.input ?? UNSCALED),
    assumed: `${file} does not say how pixels are scaled: 0 to 1 is taken, which \`mean\` and \`std\` of the stage in the manifest change${
      asked ? '' : `; ${NUMBERED}`
    }.`,
  };
}

/** The names, if they are as many as the model tells classes apart. */
const ofCount = (names: readonly string[] | undefined, count: number): readonly string[] | undefined =>
  names?.length === count ? names : undefined;
