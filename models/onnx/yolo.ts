import { InputError } from '../../solver/documents/coded-error.ts';
import { type ImageInput, imageInput } from '../tasks/images.ts';
import { yolo } from '../tasks/object-detection/yolo.ts';
import type { Graph } from './graph.ts';
import { type OpenSize, pictureInput } from './picture-input.ts';

/** Detectors in a YOLO format, told by the shape of their only output. */

const YOLO_FORMATS = ['yolov8', 'yolov5'] as const;
type YoloFormat = (typeof YOLO_FORMATS)[number];

/** As many classes must be named as the model tells apart. */
export class ClassCountError extends InputError {
  override name = 'ClassCountError';
  constructor(file: string, { format, classes }: YoloHead, named: number) {
    super(
      `In the format ${format}, ${file} tells ${classes} classes apart, and ${named} are named. Name each class on a line of its own, in ` +
        "the order of the model's outputs, or none to number them.",
    );
  }
}

/** What a model gives if it is a detector in this format. */
export interface YoloHead {
  readonly format: YoloFormat;
  readonly classes: number;
}

/** The fields of a stage of the task "object-detection". */
export interface YoloFields {
  readonly input: ImageInput;
  readonly output: ReturnType<typeof yolo.field.parse>;
  readonly classes: readonly string[];
}

/** The numbers of a candidate besides those of its classes: its box and, in `yolov5`, the probability of any object. */
const BESIDE_CLASSES: Record<YoloFormat, number> = { yolov8: 4, yolov5: 5 };
/** A detector has fewer classes: a model with more has features in this place. */
const CLASSES_MOST = 2000;
/** The detections of a detector that chooses them by itself, six numbers each, as YOLOv10 does. No YOLOv5 has so few candidates. */
const CHOSEN = { detections: 300, numbers: 6 };
/** Most detectors were trained with pictures of this size. */
const USUAL: OpenSize['usual'] = { width: 640, height: 640 };
/** A detection's probability must be above this, as is usual where detectors of these formats are tried out. */
const THRESHOLD = 0.25;

/**
 * The formats that a model's output may have, the likelier one first: `yolov8` is [batch, 4 + classes, candidates], `yolov5` is
 * [batch, candidates, 5 + classes]. A detector usually has many more candidates than numbers of each.
 * @returns none if the model is no such detector
 */
export function yoloHeads({ inputs, outputs }: Graph): YoloHead[] {
  const [found, ...more] = outputs;
  if (inputs.length !== 1 || inputs[0]!.dims.length !== 4) return [];
  if (!found || more.length > 0 || found.dims.length !== 3) return [];
  const [, rows = null, columns = null] = found.dims;
  if (rows === CHOSEN.detections && columns === CHOSEN.numbers) return [];
  const numbers: Record<YoloFormat, number | null> = { yolov8: rows, yolov5: columns };
  const candidates: Record<YoloFormat, number | null> = { yolov8: columns, yolov5: rows };
  const surplus = (format: YoloFormat) =>
    (candidates[format] ?? Number.POSITIVE_INFINITY) - (numbers[format] ?? 0);
  return YOLO_FORMATS.map((format) => ({ format, classes: (numbers[format] ?? 0) - BESIDE_CLASSES[format] }))
    .filter(({ classes }) => classes >= 1 && classes <= CLASSES_MOST)
    .sort((a, b) => surplus(b.format) - surplus(a.format));
}

/** The names of classes in a note that exporters of these detectors leave, `{0: 'person', 1: 'bicycle'}`, in order; none without it. */
export function notedClasses({ notes }: Graph): string[] {
  const names: string[] = [];
  for (const [, index, single, double] of (notes.get('names') ?? '').matchAll(
    /(\d{1,5})\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g,
  ))
    if (Number(index) === names.length) names.push((single ?? double!).replace(/\\(.)/g, '$1'));
  return names;
}

/**
 * @param head one of {@link yoloHeads}
 * @param classes their names, in the order of the model's outputs; none to number them
 * @throws ModelAloneError, PictureSizeError, ClassCountError
 */
export function yoloFields(
  graph: Graph,
  head: YoloHead,
  classes: readonly string[],
  file: string,
  size: Partial<OpenSize> = {},
): YoloFields {
  const count = head.classes;
  if (classes.length > 0 && classes.length !== count) throw new ClassCountError(file, head, classes.length);
  return {
    input: imageInput.parse(pictureInput(graph, { usual: USUAL, ...size }, file)),
    output: yolo.field.parse({ format: head.format, threshold: THRESHOLD }),
    classes: classes.length > 0 ? classes : Array.from({ length: count }, (_, i) => `class ${i}`),
  };
}
