import { z } from 'zod';
import { parseDocument } from '../../solver/documents/document.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { taskOf } from '../tasks/registry.ts';
import { AmbiguousTaskError, UnreadPrefixError, UnsupportedArchitectureError } from './errors.ts';
import { at, put } from './fields.ts';
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
 * @param prefix stands before each text; absent: the one that the model's configuration states
 * @throws UnsupportedArchitectureError, AmbiguousTaskError, UnreadPrefixError, UnusableConfigError
 */
export function hubStage(model: HubModel, task?: string, prefix?: string): HubStage {
  const kind = kindOf(model, task);
  const own = kind.fieldsOf(model);
  const readsPrefix = at(own, 'input.prefix') !== undefined;
  if (prefix && !readsPrefix) throw new UnreadPrefixError(model.id, kind.task);
  const fields = parseDocument(
    z.strictObject(taskOf(kind).fields),
    prefix !== undefined && readsPrefix ? put(own, 'input.prefix', prefix) : own,
    `the stage that ${model.id} needs`,
  );
  return { kind, stage: { name: kind.stageName, task: kind.task, ...fields, variants: [] } };
}

function kindOf(model: HubModel, task: string | undefined): HubKind {
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
