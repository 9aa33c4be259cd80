import { Pipeline } from '../../../models/manifests/pipeline.ts';
import { notedClasses } from '../../../models/onnx/graph.ts';
import { detectorStage, type YoloHead, yoloHeads } from '../../../models/onnx/yolo.ts';
import { plural } from '../../components/format.ts';
import type { Addition } from './adding.ts';
import type { AskedPictures } from './classifier-pipeline.ts';
import { type MadePipeline, packedData } from './made-pipeline.ts';
import { type FirstModel, oneStagePipeline } from './one-stage-pipeline.ts';

/** Makes a pipeline of one stage from detectors in a YOLO format that are bare ONNX files, without a configuration. */

/** The user's answers about a detector. The model's file supplies absent ones. */
export interface AskedDetector extends AskedPictures {
  readonly head?: YoloHead | undefined;
  /** Names of the classes, in the order of the model's outputs. */
  readonly classes?: readonly string[] | undefined;
}

/** Labelled data names its classes, but the classes of the model have no names to match them. */
class UnnamedClassesError extends Error {
  override name = 'UnnamedClassesError';
  constructor(file: string) {
    super(
      `Nothing says what the classes of ${file} are called, so the labelled data cannot be compared with them. Choose the model under ` +
        '"A new pipeline without a manifest", name its classes there, and then give the data.',
    );
  }
}

/** Whether a model looks like a detector in a YOLO format. */
export const isDetector = ({ graph }: FirstModel): boolean => yoloHeads(graph).length > 0;

/**
 * @param data boxes in the COCO format with their pictures; empty for none
 * @throws UnnamedClassesError, ModelAloneError, ClassCountError, UnfitDataError, InvalidDocumentError, and what `fitting` throws
 */
export async function detectorPipeline(
  models: readonly File[],
  data: readonly File[],
  first: FirstModel,
  { head = yoloHeads(first.graph)[0]!, classes = notedClasses(first.graph), size }: AskedDetector,
  addition: Addition,
): Promise<MadePipeline> {
  const { file, graph } = first;
  if (data.length > 0 && classes.length === 0) throw new UnnamedClassesError(file);
  const stage = detectorStage(graph, head, classes, file, { asked: size });
  const labelled =
    data.length > 0
      ? await packedData(data, new Pipeline({ name: file, stages: [stage] }), addition.step)
      : undefined;
  const found = `It is taken for a detector of ${plural(head.classes, 'class', 'classes')} in the format ${head.format}: see under Try it, with a picture of your own, whether its boxes are right`;
  const made = await oneStagePipeline(models, first, stage, found, addition);
  return { ...made, labelled };
}
