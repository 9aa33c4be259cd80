import { z } from 'zod';
import { name } from '../../solver/documents/common.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import { type Manifest, STAGES_MAX } from '../../solver/documents/manifest.ts';
import { type Description, describe, type HubReader } from './describe.ts';
import { readDtypes } from './dtypes.ts';
import { HUB_KINDS } from './kinds.ts';
import { withPin } from './pin.ts';
import { hubReference } from './repository.ts';

const RECIPE = 'ipa-edge/recipe@1';

const line = z.string().min(1).max(2000);

const model = z.strictObject({
  /** Owner/name, or owner/name@revision. */
  hub: line.transform((text, context) => {
    try {
      return hubReference(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  }),
  /** Data types of the weights, e.g. `fp32+q8`; absent: all that the repository has. */
  dtypes: z
    .array(
      z.string().transform((text, context) => {
        const read = readDtypes(text);
        if (!read)
          context.addIssue({ code: 'custom', message: 'expected data types, e.g. "q8" or "fp32+q8"' });
        return read ?? z.NEVER;
      }),
    )
    .min(1)
    .optional(),
});

/** Maximum nesting depth of a stage's fields; no task needs more than three levels. */
const LEVELS_MAX = 8;
const fitsLevels = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => fitsLevels(inner, levels - 1)));

export const recipeSchema = z.strictObject({
  schema: z.literal(RECIPE),
  name,
  title: z.string().max(200),
  stages: z
    .array(
      z.strictObject({
        name,
        task: z.enum(HUB_KINDS.map((kind) => kind.task)),
        /** Fields of the stage that the models do not decide, e.g. `passOn`. */
        fields: z
          .record(z.string(), z.unknown())
          .refine((fields) => fitsLevels(fields, LEVELS_MAX), 'expected fields that are nested less deeply')
          .default({}),
        models: z.array(model).min(1).max(50),
      }),
    )
    .min(1)
    .max(STAGES_MAX),
  /** Where the labelled items of the pipeline's pack come from. */
  data: z.strictObject({
    about: line,
    address: z.url().max(2000),
    licence: z.string().min(1).max(200),
    /** Shell commands that fetch the items and write them as `ipa-edge pack` reads them. */
    prepare: z.array(line).max(20),
    /** Options of `ipa-edge pack`. */
    pack: z.array(line).min(1).max(10),
  }),
});

/**
 * A pipeline of hub models: its stages, their models, and where its labelled items come from. Pinning the recipe resolves the
 * models' revisions.
 */
export type Recipe = z.output<typeof recipeSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parseRecipe = (value: unknown, source: string): Recipe =>
  parseDocument(recipeSchema, value, source, RECIPE);

/**
 * Pins every model of a recipe.
 * @param manifest the manifest that gets the stages and variants; null: a new one
 * @param onModel called with each model once it is described
 * @throws StageMismatchError, InvalidDocumentError, and errors of {@link describe}
 */
export async function pinRecipe(
  hub: HubReader,
  { name: pipeline, title, stages }: Recipe,
  manifest: Manifest | null,
  onModel: (description: Description) => Promise<void>,
): Promise<Manifest> {
  let pinned = manifest;
  for (const { name: stage, task, fields, models } of stages)
    for (const { hub: reference, dtypes } of models) {
      const described = await describe(hub, reference, { dtypes, task });
      await onModel(described);
      pinned = withPin(pinned, described, { stage, pipeline, fields });
    }
  return { ...pinned!, title };
}
