import { z } from 'zod';
import { sha256OfText } from '../math/sha256.ts';
import { canonicalJson } from './canonical.ts';
import {
  accuracy,
  commit,
  expectDistinct,
  name,
  type PackFacts,
  packFacts,
  positiveCount,
  sha256,
} from './common.ts';

export const MANIFEST = 'ipa-edge/manifest@2';
/** The previous version of the schema, in which a variant has one model file. This build still reads it. */
export const MANIFEST_1 = 'ipa-edge/manifest@1';

/** A path or URL, relative to the manifest unless it is absolute. */
const file = z.string().min(1).max(2000);

const assetFile = z.strictObject({ file, sha256, sizeBytes: positiveCount });

/** Data type of a model's weights, by its name on model hubs. */
export const dtype = z.enum(['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4']);
export type Dtype = z.output<typeof dtype>;

/** A file of weights outside the model's own file. The model refers to it by `name`, which contains no folder. */
const dataFile = assetFile.extend({
  name: z.string().regex(/^[^/\\]{1,255}$/, 'expected the name of a file without a folder'),
});

const modelFile = assetFile.extend({
  dtype,
  /** Weights that are not in the model's own file, such as `model.onnx_data`. */
  data: z.array(dataFile).min(1).max(4).optional(),
});

const variantFields = {
  name,
  /** Published accuracy in the metric of the task; null if there is none, so that only accuracy measured on the pack counts. */
  accuracy: accuracy.nullable(),
  accuracySource: z.string().max(400),
};

/** The repository of a model hub that a variant's files are from. */
const hubSource = z.strictObject({
  /** The repository's id, e.g. `Xenova/resnet-18`. */
  hub: z.string().min(1).max(200),
  revision: commit,
  /** The licence that the repository states; null if it states none. */
  licence: z.string().min(1).max(200).nullable(),
});
export type HubSource = z.output<typeof hubSource>;

export const manifestVariant = z.strictObject({
  ...variantFields,
  source: hubSource.optional(),
  /** ONNX Runtime sessions by role: `model` if there is only one, otherwise e.g. `encoder` and `decoder`. */
  sessions: z
    .record(name, modelFile)
    .refine((sessions) => Object.keys(sessions).length >= 1 && Object.keys(sessions).length <= 8, {
      message: 'expected one to eight sessions',
    }),
  /** Files that a variant needs beside its models, by role, e.g. `tokenizer`. */
  assets: z.record(name, assetFile).optional(),
});
/**
 * A variant of a stage. Its task may let a variant override fields of the stage, for a model whose inputs or outputs differ from
 * those of the stage's other models.
 */
export type ManifestVariant = z.output<typeof manifestVariant>;

/** The fields of the stage that a variant overrides, with the variant's values; empty for most variants. */
export function ownFieldsOf(variant: ManifestVariant): Readonly<Record<string, unknown>> {
  const known: object = manifestVariant.shape;
  return Object.fromEntries(Object.entries(variant).filter(([field]) => !Object.hasOwn(known, field)));
}

/** A stage with the fields that one of its variants overrides. */
export const stageOfVariant = (stage: ManifestStage, variant: ManifestVariant): ManifestStage => ({
  ...stage,
  ...ownFieldsOf(variant),
});

/** A variant in manifest version 1, which has one float32 model. */
export const manifestVariant1 = z
  .strictObject({ ...variantFields, file, sha256, sizeBytes: positiveCount })
  .transform(
    ({ file, sha256, sizeBytes, ...variant }): ManifestVariant => ({
      ...variant,
      sessions: { model: { file, sha256, sizeBytes, dtype: 'fp32' } },
    }),
  );

/** A stage of a pipeline. Its task may add fields, which only the task reads. */
export interface ManifestStage {
  readonly name: string;
  readonly task: string;
  readonly variants: ManifestVariant[];
}

export interface Manifest {
  readonly schema: typeof MANIFEST;
  readonly name: string;
  readonly title: string;
  /** Stages in order: each stage's results feed the next. */
  readonly stages: ManifestStage[];
  /** Labelled inputs of the first stage. The profiler measures on them, and runs draw their requests from them. */
  readonly pack?: ({ readonly file: string; readonly sha256: string } & PackFacts) | undefined;
}

export const STAGES_MAX = 8;

/** The schema of a manifest whose stages match the schema `stage`. */
export const manifestSchemaOf = (schema: string, stage: z.ZodType<ManifestStage>) =>
  z
    .strictObject({
      schema: z.literal(schema),
      name,
      title: z.string().max(200),
      stages: z.array(stage).min(1).max(STAGES_MAX),
      pack: packFacts.extend({ file, sha256 }).optional(),
    })
    .superRefine(({ stages }, context) => {
      expectDistinct(context, stages, 'name', ['stages'], 'stage names');
      stages.forEach(({ variants }, s) => {
        expectDistinct(context, variants, 'name', ['stages', s, 'variants'], 'variant names');
      });
    });

type VariantFiles = Pick<ManifestVariant, 'sessions' | 'assets'>;

/** The role of a file of weights among a variant's files. No other role has a slash. */
export const weightsRole = (session: string, name: string): string => `${session}/${name}`;

/** All files of a variant, by role: models, assets, and the weights that are not in a model's own file. */
export const variantFiles = ({
  sessions,
  assets,
}: VariantFiles): Readonly<Record<string, z.output<typeof assetFile>>> => ({
  ...sessions,
  ...assets,
  ...Object.fromEntries(
    Object.entries(sessions).flatMap(([role, { data = [] }]) =>
      data.map((file) => [weightsRole(role, file.name), file]),
    ),
  ),
});

/** Total size of a variant's files. */
export const sizeBytesOf = (variant: VariantFiles): number =>
  Object.values(variantFiles(variant)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/**
 * The id of a variant in profiles and plans. For a variant with one model file and no fields of its own, it is the file's
 * SHA-256; for any other, the SHA-256 of a text that lists the SHA-256 of each file by role, and the variant's own fields.
 */
export function sha256Of(variant: ManifestVariant): string {
  const files = Object.entries(variantFiles(variant)).sort(([a], [b]) => (a < b ? -1 : 1));
  const own = ownFieldsOf(variant);
  if (files.length === 1 && Object.keys(own).length === 0) return files[0]![1].sha256;
  const lines = files.map(([role, { sha256 }]) => `${role} ${sha256}`);
  return sha256OfText([...lines, canonicalJson(own)].join('\n'));
}

/** The variants of a manifest as plans and profiles identify them: by stage, name and {@link sha256Of}. */
export const modelsOf = ({ stages }: Pick<Manifest, 'stages'>) =>
  stages.map(({ name, variants }) => ({
    name,
    variants: variants.map((variant) => ({ name: variant.name, sha256: sha256Of(variant) })),
  }));

/**
 * SHA-256 of everything in a manifest that measurements depend on: its models, its pack, and the fields of its stages, such as a
 * detector's threshold. Measurements may be joined if their manifests have the same hash.
 */
export const measuredSha256 = (manifest: Pick<Manifest, 'stages' | 'pack'>): string => {
  const fields = manifest.stages.map(({ variants: _, ...stage }) => stage);
  return sha256OfText(canonicalJson([modelsOf(manifest), fields, manifest.pack?.sha256]));
};
