import { z } from 'zod';
import { parseDocument } from '../../solver/documents/document.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { taskOf } from '../tasks/registry.ts';
import { AmbiguousTaskError, UnsupportedArchitectureError } from './errors.ts';
import { type Fields, merged } from './fields.ts';
import type { HubKind, HubModel } from './kind.ts';
import { HUB_KINDS } from './kinds.ts';

/** The stage that a hub model needs. */
export interface HubStage {
  readonly kind: HubKind;
  /** The stage as a manifest has it, named `stageName` of the kind, and without variants. */
  readonly stage: ManifestStage;
}

/**
 * Makes the stage that a hub model needs.
 * @param task the task that the user names; absent: the one that the model's configuration states
 * @param given fields that the user sets for this model, e.g. a prefix before each text
 * @throws UnsupportedArchitectureError, AmbiguousTaskError, UnusableConfigError
 */
export function hubStage(model: HubModel, task?: string, given: Fields = {}): HubStage {
  const kind = kindOf(model, task);
  const fields = parseDocument(
    z.strictObject(taskOf(kind).fields),
    merged(kind.fieldsOf(model), given),
    `the stage that ${model.id} needs`,
  );
  return { kind, stage: { name: kind.stageName, task: kind.task, ...fields, variants: [] } };
}

function kindOf(model: HubModel, task?: string): HubKind {
  const { config, id } = model;
  const architecture = config.architectures?.[0] ?? config.model_type ?? model.task ?? 'of no name';
  const possible = HUB_KINDS.filter((kind) => kind.fits(model) !== 'no');
  const ofTask = possible.filter((kind) => kind.task === task);
  const sure = possible.filter((kind) => kind.fits(model) === 'surely');
  const [kind] = task === undefined ? sure : ofTask;
  if (kind) return kind;
  if (possible.length === 0)
    throw new UnsupportedArchitectureError(
      id,
      architecture,
      HUB_KINDS.map(({ models }) => models),
    );
  throw new AmbiguousTaskError(
    id,
    architecture,
    possible.map((one) => one.task),
  );
}
