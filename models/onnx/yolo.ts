import { InputError } from '../../solver/documents/coded-error.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { counted } from '../../solver/math/figures.ts';
import { yolo } from '../tasks/object-detection/yolo.ts';
import { type PictureInput, pictureInputField } from '../tasks/pictures.ts';
import { computedBy, type Graph, notedClasses } from './graph.ts';
import { type OpenSize, pictureInput } from './picture-input.ts';

/** Recognises detectors in a YOLO format by the shape of their only output, and builds their stages. */

const YOLO_FORMATS = ['yolov8', 'yolov5'] as const;
type YoloFormat = (typeof YOLO_FORMATS)[number];

/** The number of class names given differs from the model's number of classes. */
export class ClassCountError extends InputError {
  override name = 'ClassCountError';
  /** @param noted whether the model's exporter named the classes, and not the user */
  constructor(file: string, { format, classes }: YoloHead, named: number, noted: boolean) {
    super(
      `In the format ${format}, ${file} tells ${counted(classes, 'class', 'classes')} apart, and ` +
        (noted
          ? `its exporter named ${named}. So it finds more than boxes, such as poses or turned boxes, or chooses the detections itself: ` +
            'export a detector of boxes, without non-maximum suppression.'
          : `${named} ${named === 1 ? 'is' : 'are'} named. Name each class on a line of its own, in the order of the model's outputs, ` +
            'or none to number them.'),
    );
  }
}

/** One reading of a model's output shape: a YOLO format, and the number of classes that the model then has. */
export interface YoloHead {
  readonly format: YoloFormat;
  readonly classes: number;
}

interface DetectorStage extends ManifestStage {
  readonly input: PictureInput;
  readonly output: ReturnType<typeof yolo.field.parse>;
  readonly classes: readonly string[];
}

/** Numbers per candidate besides its class scores: 4 for the box and, in `yolov5`, 1 for the probability of any object. */
const BESIDE_CLASSES: Record<YoloFormat, number> = { yolov8: 4, yolov5: 5 };
/** A dimension with more classes probably holds features, so the model is no detector. Detectors for LVIS have 1203 classes. */
const CLASSES_MAX = 2000;
/**
 * Output shape of detectors that select the final detections in the graph, such as YOLOv10. A `yolov5` output has more
 * candidates, so this shape is never one.
 */
const CHOSEN = { detections: 300, numbers: 6 };
/** Most detectors were trained with pictures of this size. */
const USUAL: OpenSize['usual'] = { width: 640, height: 640 };
/** Default threshold: detections with a lower probability are dropped. It is the usual value in demos of YOLO detectors. */
const THRESHOLD = 0.25;

/**
 * Lists the formats that a model's output may have: `yolov8` is [batch, 4 + classes, candidates], `yolov5` is [batch, candidates,
 * 5 + classes]. The likelier one is first: the one with as many classes as the exporter named, or else with more candidates than
 * numbers per candidate.
 * @returns empty if the model is no detector of either format
 */
export function yoloHeads(graph: Graph): YoloHead[] {
  const { inputs, outputs } = graph;
  const [found, ...more] = outputs;
  if (inputs.length !== 1 || inputs[0]!.dims.length !== 4) return [];
  if (!found || more.length > 0 || found.dims.length !== 3) return [];
  const [, rows = null, columns = null] = found.dims;
  if (rows === CHOSEN.detections && columns === CHOSEN.numbers) return [];
  // YOLOX's output has the shape of `yolov5`, but its boxes are usually as convolutions give them, relative to the cells of a grid.
  const inCells = /Conv/.test(computedBy(graph, found.name, ['Concat']) ?? '');
  const numbers: Record<YoloFormat, number | null> = { yolov8: rows, yolov5: inCells ? null : columns };
  const candidates: Record<YoloFormat, number | null> = { yolov8: columns, yolov5: rows };
  const named = notedClasses(graph).length;
  const isNamed = ({ classes }: YoloHead) => Number(classes === named);
  // The sort compares only if both formats are left, and then both dimensions have a size.
  const surplus = ({ format }: YoloHead) => candidates[format]! - numbers[format]!;
  return YOLO_FORMATS.map((format) => ({ format, classes: (numbers[format] ?? 0) - BESIDE_CLASSES[format] }))
    .filter(({ format, classes }) => candidates[format] !== 1 && classes >= 1 && classes <= CLASSES_MAX)
    .sort((a, b) => isNamed(b) - isNamed(a) || surplus(b) - surplus(a));
}

/**
 * The stage of a detector, without variants.
 * @param head one of {@link yoloHeads}
 * @param classes class names in the order of the model's outputs; empty to name the classes by number
 * @throws ModelAloneError, PictureSizeError, ClassCountError
 */
export function detectorStage(
  graph: Graph,
  head: YoloHead,
  classes: readonly string[],
  file: string,
  size: Partial<OpenSize> = {},
): DetectorStage {
  const count = head.classes;
  if (classes.length > 0 && classes.length !== count)
    throw new ClassCountError(file, head, classes.length, `${classes}` === `${notedClasses(graph)}`);
  return {
    name: 'detect',
    task: 'object-detection',
    input: pictureInputField.parse(pictureInput(graph, { usual: USUAL, ...size }, file)),
    output: yolo.field.parse({ format: head.format, threshold: THRESHOLD }),
    classes: classes.length > 0 ? classes : Array.from({ length: count }, (_, i) => `class ${i}`),
    variants: [],
  };
}
