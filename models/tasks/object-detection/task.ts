import { z } from 'zod';
import { cropped } from '../../items/crop.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import { classesField, classIndex } from '../classes.ts';
import { type Input, oneRun } from '../one-run.ts';
import {
  checkPictures,
  type PictureStage,
  pictureInputField,
  pictures,
  picturesField,
  picturesOf,
} from '../pictures.ts';
import { ones } from '../program.ts';
import { columnOf } from '../result-columns.ts';
import type { StageResult, Task } from '../task.ts';
import { meanAveragePrecision } from './average-precision.ts';
import { matchDetections, type TrueObject } from './boxes.ts';
import { centreMap } from './centre-map.ts';
import { type Detection, type DetectorOutput, scaled } from './detection.ts';
import { detr } from './detr.ts';
import { type LabelledStage, readObjects, readObjectsLabel, writeObjects } from './objects.ts';
import { yolo } from './yolo.ts';

const ID = 'object-detection';

const outputField = z.discriminatedUnion('format', [centreMap.field, detr.field, yolo.field] as unknown as [
  z.ZodObject<{ format: z.ZodLiteral<keyof typeof OUTPUTS> }>,
]);

/** The decoder of each output format that the manifest may name. */
const OUTPUTS = {
  'centre-map': centreMap,
  detr,
  'rt-detr': detr,
  yolov5: yolo,
  yolov8: yolo,
} as const;

interface Stage extends PictureStage {
  readonly output: z.output<typeof outputField> & { readonly classes?: readonly string[] };
  /** Names of the classes that packs and results refer to; absent if the models detect objects without a class. */
  readonly classes?: readonly string[];
  /** Names of the classes whose detections the stage reports; absent if it reports all. */
  readonly keep?: readonly string[];
}

interface Result extends StageResult {
  readonly task: typeof ID;
  readonly detections: readonly Detection[];
}

const outputOf = ({ output }: Stage) => OUTPUTS[output.format] as DetectorOutput<Stage['output']>;

/** The classes in the order of a model's outputs. */
const modelClasses = ({ output, classes }: Stage) => output.classes ?? classes;

/** Converts the index of a model's class to the index of the stage's class; −1 if the stage lacks the class. */
const stageLabel = ({ output, classes = [] }: Stage, label: number): number =>
  output.classes ? classIndex(classes, output.classes[label]!) : label;

const labelled = (stage: Stage): LabelledStage => ({
  name: stage.name,
  size: picturesOf(stage),
  classes: stage.classes,
});

const column = columnOf(({ detections }: Result) => detections);

/** Whether the stage reports objects of this class, and scores count them. */
const counts = ({ classes, keep }: Stage, label: number): boolean =>
  keep === undefined || keep.includes(classes![label]!);

/** An input that some detectors need: 1 for each real pixel, 0 for padding. Pictures have no padding here, so all are 1. */
const pixelMask: Input<Stage> = {
  spec: () => ({ name: 'pixel_mask', optional: true, types: ['int64'], dims: [null, null] }),
  encode: ({ input }, items, _scratch, { dims: [, height, width] }) =>
    ones([items.length, height ?? input.height, width ?? input.width]),
};

/** The task "object-detection". The next stage gets one item per detection: its box, cut out and resized. */
export const objectDetection: Task<Stage, Result, readonly TrueObject[]> = {
  id: ID,
  fields: {
    input: pictureInputField,
    pictures: picturesField,
    output: outputField,
    classes: z.array(classesField.element).min(1).optional(),
    keep: z.array(classesField.element).min(1).optional(),
  },
  variantFields: ['input', 'output'],
  check(stage, index, problem) {
    const { output, classes = [], keep = [] } = stage;
    checkPictures(stage, problem);
    if (index > 0)
      problem(
        ['task'],
        'expected object-detection in the first stage only, because a pack has boxes only for its own pictures',
      );
    if (output.format === 'centre-map' && classes.length > 1)
      problem(
        ['output', 'format'],
        'expected another format for several classes: a centre-map tells none apart',
      );
    if (output.classes && !output.classes.some((name) => classIndex(classes, name) >= 0))
      problem(['output', 'classes'], "expected at least one of the stage's classes");
    keep.forEach((name, i) => {
      if (!classes.includes(name)) problem(['keep', i], 'expected one of the classes');
    });
  },

  itemFormat: picturesOf,
  programs: [
    oneRun<Stage, Result>({
      inputs: () => [pictures, pixelMask],
      outputs: (stage) => outputOf(stage).tensors(stage.input, stage.output, modelClasses(stage)?.length),
      decode: (stage, outputs) => ({
        task: ID,
        detections: outputOf(stage)
          .detections(outputs, stage.input, stage.output)
          .map((one) =>
            scaled({ ...one, label: stageLabel(stage, one.label) }, stage.input, picturesOf(stage)),
          )
          .filter(({ label }) => label >= 0 && counts(stage, label)),
      }),
    }),
  ],
  children: (stage, item, { detections }, next) =>
    detections.map((box) => cropped(item, picturesOf(stage), box, next as ItemFormatOf<'pixels'>)),
  fanOut: () => 'each-row',

  metric: { stage: 'F1@0.5', pipeline: 'F1@0.5' },
  judged: 'always',
  otherMetrics(results, truths) {
    const mean = meanAveragePrecision(
      results.map(({ detections }, i) => ({ detections, objects: truths[i]! })),
    );
    return mean === null ? {} : { 'mAP@0.5': mean };
  },
  readTruths(file, stage, rows) {
    const objects = readObjects(file, labelled(stage), rows);
    const children: number[][] = Array.from({ length: rows }, () => []);
    objects.forEach(({ picture, object }, k) => {
      if (counts(stage, object.label)) children[picture]!.push(k);
    });
    return {
      truths: children.map((members) => members.map((k) => objects[k]!.object)),
      children,
      childRows: objects.length,
    };
  },
  readLabel: (stage, label) => readObjectsLabel(labelled(stage), label),
  writeTruths: (stage, truths) => writeObjects(labelled(stage), truths),
  perfect: (objects) => ({ task: ID, detections: objects.map((object) => ({ ...object, score: 1 })) }),
  match: ({ detections }, objects) => matchDetections(detections, objects),

  tensors: ({ classes }) => [
    {
      name: 'boxes',
      datatype: 'FP32',
      columns: 4,
      rowsOf: ({ detections }) => detections.flatMap(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1]),
    },
    column('scores', 'FP32', ({ score }) => score),
    ...(classes ? [column('labels', 'INT32', ({ label }) => label)] : []),
  ],
};
