import { z } from 'zod';
import { name } from '../../solver/documents/common.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import {
  MANIFEST,
  MANIFEST_1,
  type Manifest,
  type ManifestStage,
  type ManifestVariant,
  manifestOf,
  manifestVariant,
  manifestVariant1,
} from '../../solver/documents/manifest.ts';
import { type AnyTask, TASKS, taskOf } from '../tasks/registry.ts';

/** Schema of a stage: each registered task adds its own fields. */
const stageOf = (variant: z.ZodType<ManifestVariant>): z.ZodType<ManifestStage> =>
  z.discriminatedUnion(
    'task',
    TASKS.map(({ id, fields }: AnyTask) =>
      z.strictObject({ name, task: z.literal(id), ...fields, variants: z.array(variant).min(1) }),
    ) as unknown as Parameters<typeof z.discriminatedUnion>[1],
  ) as unknown as z.ZodType<ManifestStage>;

/** Schema of a manifest whose stages fit together: each takes the items that the stage before it makes, and its task accepts it. */
const schemaFor = (schema: string, variant: z.ZodType<ManifestVariant>) =>
  manifestOf(schema, stageOf(variant)).superRefine(({ stages }, context) => {
    stages.forEach((stage, s) => {
      const problem = (path: readonly (string | number)[], message: string) =>
        context.addIssue({ code: 'custom', path: ['stages', s, ...path], message });
      const task = taskOf(stage);
      task.check?.(stage, s, problem);
      const before = stages[s - 1];
      const kind = before && (taskOf(before).childKind ?? taskOf(before).itemFormat(before).kind);
      if (kind && kind !== task.itemFormat(stage).kind)
        problem(['task'], `expected a task that takes ${kind}, which the stage before it passes on`);
      const choices = task.programs.map((program) => ({
        sessions: Object.keys(program.signatures(stage)).sort().join(', '),
        assets: [...(program.assets?.(stage) ?? [])].sort().join(', '),
      }));
      stage.variants.forEach(({ sessions, assets = {} }, v) => {
        // A variant of version 1 with a wrong field was not converted, so it has no sessions.
        if (!sessions) return;
        const own = choices.find((choice) => choice.sessions === Object.keys(sessions).sort().join(', '));
        if (!own) {
          const known = choices.map((choice) => choice.sessions).join(', or ');
          problem(['variants', v, 'sessions'], `expected the sessions ${known}`);
        } else if (Object.keys(assets).sort().join(', ') !== own.assets)
          problem(
            ['variants', v, 'assets'],
            `expected ${own.assets ? `the assets ${own.assets}` : 'no assets'}`,
          );
      });
    });
  });

export const manifestSchema = schemaFor(MANIFEST, manifestVariant);
const manifestSchema1 = schemaFor(MANIFEST_1, manifestVariant1);

/** Reads a manifest of version 2 or 1, and returns either as version 2. @throws InvalidDocumentError, UnsupportedDocumentError */
export function parseManifest(value: unknown, source: string): Manifest {
  const { schema } = (value ?? {}) as { schema?: unknown };
  return schema === MANIFEST_1
    ? { ...parseDocument(manifestSchema1, value, source, MANIFEST_1), schema: MANIFEST }
    : { ...parseDocument(manifestSchema, value, source, MANIFEST), schema: MANIFEST };
}
