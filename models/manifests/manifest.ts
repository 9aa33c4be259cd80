import { z } from 'zod';
import { accuracy, expectDistinct, name, positiveCount, sha256 } from '../../solver/documents/common.ts';
import { parseDocument } from '../../solver/documents/document.ts';

export const MANIFEST = 'ipa-edge/manifest@1';

/** A path or URL, relative to the manifest unless it is absolute. */
const file = z.string().min(1).max(2000);

/** Pixels of an item, and how they become the input tensor [batch, channels, height, width]: (pixel / 255 − mean) / std. */
export const imageInput = z
  .strictObject({
    channels: z.union([z.literal(1), z.literal(3)]),
    height: positiveCount.max(4096),
    width: positiveCount.max(4096),
    mean: z.array(z.number()).min(1).max(3).default([0]),
    std: z.array(z.number().positive()).min(1).max(3).default([1]),
  })
  .superRefine((input, context) => {
    for (const field of ['mean', 'std'] as const)
      if (input[field].length !== 1 && input[field].length !== input.channels)
        context.addIssue({
          code: 'custom',
          path: [field],
          message: 'expected one number for all channels or one for each',
        });
  });
export type ImageInput = z.output<typeof imageInput>;

/** The output [batch, 4, height, width] of a centre-point detector: heat-map logit, x and y offset in cells, size. */
export const centreMap = z.strictObject({
  format: z.literal('centre-map'),
  /** Pixels per cell. */
  stride: positiveCount,
  /** Pixels per unit of the size channel. */
  sizeScale: z.number().positive(),
  /** Lowest probability of a detection. */
  threshold: z.number().min(0).max(1),
});

export const manifestVariant = z.strictObject({
  name,
  file,
  sha256,
  sizeBytes: positiveCount,
  /** Published accuracy in the metric of the task; null: none was, and what is measured on the pack counts alone. */
  accuracy: accuracy.nullable(),
  /** Where that figure is from. */
  accuracySource: z.string().max(400),
});
export type ManifestVariant = z.output<typeof manifestVariant>;

const stageFields = {
  name,
  input: imageInput,
  variants: z.array(manifestVariant).min(1),
};

export const detectionStage = z.strictObject({
  ...stageFields,
  task: z.literal('object-detection'),
  output: centreMap,
});
export type DetectionStage = z.output<typeof detectionStage>;

export const classificationStage = z.strictObject({
  ...stageFields,
  task: z.literal('image-classification'),
  /** Output [batch, classes]: logits in this order. */
  classes: z.array(z.string().min(1).max(100)).min(2),
});
export type ClassificationStage = z.output<typeof classificationStage>;

export const manifestStage = z.discriminatedUnion('task', [detectionStage, classificationStage]);
export type ManifestStage = z.output<typeof manifestStage>;

export const manifestSchema = z
  .strictObject({
    schema: z.literal(MANIFEST),
    name,
    title: z.string().max(200),
    /** In order: each stage's results feed the next. */
    stages: z.array(manifestStage).min(1).max(8),
    /** Labelled inputs of the first stage (see `pack.ts`). They are what is profiled and run on. */
    pack: z.strictObject({ file, sha256, source: z.string().max(400) }),
  })
  .superRefine((manifest, context) => {
    expectDistinct(
      context,
      manifest.stages.map((s) => s.name),
      (i) => ['stages', i, 'name'],
      'stage names',
    );
    manifest.stages.forEach((stage, s) => {
      if (s > 0 && stage.task === 'object-detection')
        context.addIssue({
          code: 'custom',
          path: ['stages', s, 'task'],
          message: 'expected object-detection in the first stage only: labels are per image and per object',
        });
      expectDistinct(
        context,
        stage.variants.map((v) => v.name),
        (i) => ['stages', s, 'variants', i, 'name'],
        'variant names',
      );
    });
  });
export type Manifest = z.output<typeof manifestSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseManifest = (value: unknown, source: string): Manifest =>
  parseDocument(manifestSchema, value, source, MANIFEST);
