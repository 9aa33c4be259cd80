import { z } from 'zod';
import { name } from '../../solver/documents/common.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import {
  MANIFEST,
  MANIFEST_1,
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
  manifestSchemaOf,
  manifestVariant,
  manifestVariant1,
  ownFieldsOf,
  stageOfVariant,
} from '../../solver/documents/manifest.ts';
import { type AnyTask, TASKS, taskOf } from '../tasks/registry.ts';
import type { ReportProblem } from '../tasks/task.ts';

/** Makes the schema of a task's variants. The fields that a task adds to its variants in version 2 are not in the type. */
type VariantOf = (task: AnyTask) => z.ZodType<ManifestVariant>;

/** Schema of a stage: each registered task adds its own fields. */
const stageOf = (variantOf: VariantOf): z.ZodType<ManifestStage> =>
  z.discriminatedUnion(
    'task',
    TASKS.map((task: AnyTask) =>
      z.strictObject({
        name,
        task: z.literal(task.id),
        ...task.fields,
        variants: z.array(variantOf(task)).min(1),
      }),
    ) as unknown as Parameters<typeof z.discriminatedUnion>[1],
  ) as unknown as z.ZodType<ManifestStage>;

/** Schema of a task's variants in version 2. A variant repeats a stage's field only to override it, so no field has a default. */
const withOwnFields = ({ fields, variantFields = [] }: AnyTask) =>
  manifestVariant.extend(
    Object.fromEntries(
      variantFields.map((field) => {
        const schema = fields[field] as z.ZodType;
        return [field, (schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema).optional()];
      }),
    ),
  ) as unknown as z.ZodType<ManifestVariant>;

/** Schema of a manifest. Each stage must take the kind of items that the stage before it makes, and pass its task's checks. */
const schemaFor = (schema: string, variantOf: VariantOf) =>
  manifestSchemaOf(schema, stageOf(variantOf)).superRefine(({ stages }, context) => {
    stages.forEach((stage, s) => {
      const problem: ReportProblem = (path, message) =>
        context.addIssue({ code: 'custom', path: ['stages', s, ...path], message });
      const task = taskOf(stage);
      task.check?.(stage, s, problem);
      const before = stages[s - 1];
      const kind = before && (taskOf(before).childKind ?? taskOf(before).itemFormat(before).kind);
      if (kind && kind !== task.itemFormat(stage).kind)
        problem(['task'], `expected a task that takes ${kind}, which the stage before it passes on`);
      // A variant of version 1 with a wrong field has no sessions: the schema has reported the field, and has not converted the
      // variant.
      stage.variants.forEach((variant, v) => {
        if (variant.sessions)
          checkVariant(task, stage, variant, s, (path, message) =>
            problem(['variants', v, ...path], message),
          );
      });
    });
  });

/** Checks that a variant's files fit one of its task's programs, and that the fields it overrides fit the rest of the stage. */
function checkVariant(
  task: AnyTask,
  stage: ManifestStage,
  variant: ManifestVariant,
  index: number,
  problem: ReportProblem,
): void {
  const { sessions, assets = {} } = variant;
  const seen = stageOfVariant(stage, variant);
  const own = ownFieldsOf(variant);
  task.check?.(seen, index, (path, message) => {
    if (Object.hasOwn(own, path[0]!)) problem(path, message);
  });
  const choices = task.programs.map((program) => ({
    sessions: Object.keys(program.signatures(seen)).sort().join(', '),
    assets: [...(program.assets?.(seen) ?? [])].sort().join(', '),
  }));
  const choice = choices.find((one) => one.sessions === Object.keys(sessions).sort().join(', '));
  if (!choice) {
    const known = choices.map((one) => one.sessions).join(', or ');
    problem(['sessions'], `expected the sessions ${known}`);
  } else if (Object.keys(assets).sort().join(', ') !== choice.assets)
    problem(['assets'], `expected ${choice.assets ? `the assets ${choice.assets}` : 'no assets'}`);
}

export const manifestSchema = schemaFor(MANIFEST, withOwnFields);
const manifestSchema1 = schemaFor(MANIFEST_1, () => manifestVariant1);

/** Reads a manifest of version 1 or 2 and returns it as version 2. @throws InvalidDocumentError, UnsupportedDocumentError */
export function parseManifest(value: unknown, source: string): Manifest {
  const { schema } = (value ?? {}) as { schema?: unknown };
  return schema === MANIFEST_1
    ? { ...parseDocument(manifestSchema1, value, source, MANIFEST_1), schema: MANIFEST }
    : { ...parseDocument(manifestSchema, value, source, MANIFEST), schema: MANIFEST };
}
