import { InputError } from '../../solver/documents/coded-error.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { counted } from '../../solver/math/figures.ts';
import { FILE_BYTES_MAX } from '../manifests/load.ts';
import { classifierFields, classifierStage } from '../onnx/classifier.ts';
import { type Graph, notedClasses, readGraph } from '../onnx/graph.ts';
import {
  type OpenSize,
  SCALINGS,
  type Scaling,
  takesAnySize,
  takesRawPixels,
} from '../onnx/picture-input.ts';
import { detectorStage, type YoloHead, yoloHeads } from '../onnx/yolo.ts';
import type { PictureSize } from '../tasks/pictures.ts';
import { type Description, type ModelFolder, withSums } from './describe.ts';
import { noConfig } from './errors.ts';
import { ONNX_FILE } from './file-names.ts';
import { HUB_KINDS } from './kinds.ts';
import { stageFor } from './pin.ts';

/** The user's scaling of pixels is of pictures with other channels than the model takes, or the model takes unscaled pixels. */
class ScalingError extends InputError {
  override name = 'ScalingError';
}

interface DescribedAlone {
  readonly described: Description;
  /** A sentence on what was assumed because the file does not state it; null if the model joins other models of a stage. */
  readonly assumed: string | null;
  /** Whether the model is pinned again and is the only one of its stage, so that it may change the stage. */
  readonly anew: boolean;
}

/**
 * The user's options for a model. The model's file or its stage gives the value of an absent option; otherwise the usual value
 * holds.
 */
export interface AloneOptions {
  /** Names of the model's classes, in the order of its outputs. */
  readonly classes?: readonly string[] | undefined;
  /** Size of the pictures that the model takes. */
  readonly size?: PictureSize | undefined;
  /** How pixels are scaled before the model gets them. */
  readonly scaling?: Scaling | undefined;
  /** Name of the stage that gets the model; absent: the first one of the model's task. */
  readonly stage?: string | undefined;
}

/**
 * Describes, for a manifest, a picture model that is an ONNX file without the hub's config.json: a detector in a YOLO format, or
 * a classifier.
 * @param manifest the manifest that gets the model; null for a new one
 * @throws UnusableConfigError, NotOnnxError, ModelAloneError, PictureSizeError, ClassCountError, ScalingError
 */
export async function describeAlone(
  folder: ModelFolder,
  manifest: Manifest | null,
  asked: AloneOptions,
): Promise<DescribedAlone> {
  const { repository } = folder;
  const [model, ...others] = repository.files.filter(({ path }) => ONNX_FILE.test(path));
  if (!model || others.length > 0) throw noConfig(repository.id);
  const { path } = model;
  const bytes = await folder.bytes(path, FILE_BYTES_MAX);
  const graph = readGraph(bytes, path);
  const [head] = yoloHeads(graph);
  const there = stageFor(manifest, head ? 'object-detection' : 'image-classification', asked.stage);
  const anew =
    there?.variants.every(({ sessions }) => sessions.model?.file === folder.addressOf(path)) ?? false;
  const known = (anew ? undefined : there) as Known;
  const found = head ? detector(graph, head, path, asked, known) : classifier(graph, path, asked, known);
  const { mean, std } = asked.scaling ?? found.input;
  const raw = takesRawPixels(graph);
  if (asked.scaling && raw)
    throw new ScalingError(`${path} takes pixels as they are (uint8): leave --scaling out.`);
  if (mean.length > 1 && mean.length !== found.input.channels)
    throw new ScalingError(
      `${path} takes pictures with ${counted(found.input.channels, 'channel')}, and the scaling is of ${mean.length}. Give another --scaling.`,
    );
  const input = { ...found.input, mean: [...mean], std: [...std] };
  const stage = { ...found, input };
  const kind = HUB_KINDS.find(({ task }) => task === stage.task)!;
  const described = await withSums(folder, { kind, stage }, new Map([[path, bytes]]));
  const classes = counted(stage.classes.length, 'class', 'classes');
  const what = head ? `detector of ${classes} in the format ${head.format}` : `classifier of ${classes}`;
  const taken = [
    asked.scaling || raw ? [] : `pixels from ${SCALINGS[0].words} (--scaling)`,
    asked.size || !takesAnySize(graph) ? [] : `pictures of ${input.width}x${input.height} (--size)`,
    stage.classes[0] === 'class 0' ? 'numbered classes (--classes)' : [],
  ].flat();
  const rest =
    taken.length > 0 ? `, with ${taken.join(', ')}: pin it again with these options to say otherwise` : '';
  return { described, anew, assumed: known ? null : `${path} is taken for a ${what}${rest}.` };
}

/** The fields of an existing stage that a new model of the stage takes over. */
type Known = { readonly classes?: readonly string[]; readonly input?: Scaling & PictureSize } | undefined;

const detector = (graph: Graph, head: YoloHead, file: string, asked: AloneOptions, known: Known) =>
  detectorStage(
    graph,
    head,
    classesOf(graph, head.classes, asked, known) ?? notedClasses(graph),
    file,
    sizeOf(asked, known),
  );

function classifier(graph: Graph, file: string, asked: AloneOptions, known: Known) {
  const size = sizeOf(asked, known);
  const { input, classes, scores } = classifierFields(graph, asked.classes ?? null, file, size);
  const fields = {
    // If the model joins a stage, `layout` is the default: a runtime uses the other layout by itself if the model's shape fits
    // only that.
    input: known ? { ...input, layout: 'nchw' as const } : input,
    classes: classesOf(graph, classes.length, asked, known) ?? classes,
    scores,
  };
  return classifierStage(fields, known?.input ?? SCALINGS[0]);
}

/** A model that takes pictures of any size gets the size of its existing stage, unless the user asks for another. */
const sizeOf = ({ size }: AloneOptions, known: Known): Partial<OpenSize> => ({
  asked: size,
  ...(known?.input && { usual: known.input }),
});

/**
 * The names of a model's classes: those that the user gives or, of the right number, those that its exporter noted or its existing
 * stage has. The note comes before the stage, because the model may have other classes, or another order.
 */
const classesOf = (graph: Graph, count: number, asked: AloneOptions, known: Known) =>
  asked.classes ?? [notedClasses(graph), known?.classes].find((names) => names?.length === count);
