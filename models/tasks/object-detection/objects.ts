import { z } from 'zod';
import { InvalidPackError, type TensorFile } from '../../packs/safetensors.ts';
import { i32, type NamedTensor } from '../../packs/write.ts';
import { readClass } from '../classes.ts';
import { LabelError } from '../label-error.ts';
import type { PictureSize } from '../pictures.ts';
import type { TrueObject } from './boxes.ts';

/** The fields of a detecting stage on which its labels depend, both in packs and in users' data. */
export interface LabelledStage {
  readonly name: string;
  /** The size of the stage's pictures. */
  readonly size: PictureSize;
  readonly classes?: readonly string[] | undefined;
}

/**
 * Reads a picture pack's objects: `boxes` F32 [objects, 4] (x0, y0, x1, y1 in pixels); `object_image` I32 [objects], the index
 * of each object's picture; and `object_label` I32 [objects] if the stage has classes.
 */
export function readObjects(
  file: TensorFile,
  { size: { height, width }, classes }: LabelledStage,
  pictures: number,
) {
  const corners = file.read('boxes', 'F32', 2);
  const owner = file.read('object_image', 'I32', 1);
  const count = owner.data.length;
  const labels = classes ? file.read('object_label', 'I32', 1).data : new Int32Array(count);
  if (corners.shape[0] !== count || corners.shape[1] !== 4)
    throw new InvalidPackError(`expected boxes of shape [${count}, 4], found [${corners.shape.join(', ')}]`);
  if (labels.length !== count)
    throw new InvalidPackError(`"object_label" should have ${count} labels, but has ${labels.length}`);
  return Array.from(owner.data, (picture, k) => {
    const corner = (i: number) => corners.data[4 * k + i]!;
    const label = labels[k]!;
    const object: TrueObject = { x0: corner(0), y0: corner(1), x1: corner(2), y1: corner(3), label };
    const { x0, y0, x1, y1 } = object;
    if (!(picture >= 0 && picture < pictures))
      throw new InvalidPackError(
        `object ${k} belongs to picture ${picture}, but the pack has ${pictures} pictures`,
      );
    if (!(label >= 0 && label < (classes?.length ?? 1)))
      throw new InvalidPackError(
        `object ${k} has the class index ${label}, but the stage has ${classes!.length} classes, with indices from 0`,
      );
    // The whole condition is negated, so that a box with NaN fails too.
    if (!(0 <= x0 && x0 < x1 && x1 <= width && 0 <= y0 && y0 < y1 && y1 <= height))
      throw new InvalidPackError(
        `the box of object ${k}, ${JSON.stringify({ x0, y0, x1, y1 })}, is not inside its picture`,
      );
    return { picture, object };
  });
}

/** Writes the objects of pictures as {@link readObjects} reads them. A picture without labels (null) has none. */
export function writeObjects(
  { classes }: LabelledStage,
  pictures: readonly (readonly TrueObject[] | null)[],
): NamedTensor[] {
  const objects = pictures.flatMap((own, picture) => (own ?? []).map((object) => ({ picture, ...object })));
  return [
    {
      name: 'boxes',
      shape: [objects.length, 4],
      data: Float32Array.from(objects.flatMap(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1])),
    },
    i32(
      'object_image',
      objects.map(({ picture }) => picture),
    ),
    ...(classes
      ? [
          i32(
            'object_label',
            objects.map(({ label }) => label),
          ),
        ]
      : []),
  ];
}

const labelSchema = z.array(
  z.object({
    /** Left, top, right and bottom in pixels of the stage's pictures. */
    box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    label: z.string(),
  }),
);

/** Reads a user's label of a picture: `[{"box": [left, top, right, bottom], "label": "<class>"}]`. @throws LabelError */
export function readObjectsLabel({ name, classes }: LabelledStage, label: unknown): TrueObject[] {
  const { data, error } = labelSchema.safeParse(label);
  if (error)
    throw new LabelError(
      `stage "${name}" finds objects, but its label is not a list of boxes`,
      'Write [{"box": [left, top, right, bottom], "label": "<class>"}].',
    );
  return data.map(({ box: [x0, y0, x1, y1], label: own }) => ({
    ...{ x0, y0, x1, y1 },
    label: classes ? readClass({ name, classes }, own) : 0,
  }));
}
