import { computed, effect, signal } from '@preact/signals';
import type { CellKey, MeasuredCell } from '../../../solver/documents/cell.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import { measuredInOrder } from '../../../solver/documents/profile.ts';
import { message } from '../../../workers/runtime/errors.ts';
import type { OperatorTimes } from '../../../workers/stage/protocol.ts';
import { timeOperators } from '../../engine/engine.ts';
import { models, opened, profile } from '../app.ts';
import { heldByWork } from '../pipelines/adding.ts';
import { howToChoose } from '../pipelines/pipelines.ts';
import { otherTab } from '../tabs.ts';
import { trying } from '../try/trying.ts';
import { running } from './profiling.ts';
import { BACKENDS, whyNotMeasurable } from './settings.ts';

/** The times of a variant's operators, measured on demand. They are not saved. */

export interface TimedCell {
  readonly cell: CellKey;
  readonly times: OperatorTimes;
}

/** The result of the last measurement; null if it has none. */
export const timed = signal<TimedCell | null>(null);
/** The running measurement. */
export const timing = signal<{ readonly cell: CellKey; readonly controller: AbortController } | null>(null);
/** Why the last measurement has no result. */
export const timingFailure = signal<string | null>(null);

const isHere = ({ backend }: CellKey): boolean =>
  BACKENDS.some((one) => one === backend && whyNotMeasurable(one) === null);

/** The variants that are both in the opened profile and, with the same files, in the chosen pipeline: `stage/variant`. */
const common = computed(() => {
  const loaded = new Set(
    models.value?.manifest.stages.flatMap(({ name, variants }) =>
      variants.map((variant) => `${name}/${variant.name}/${sha256Of(variant)}`),
    ),
  );
  const measured = profile.value?.stages.flatMap(({ name, variants }) =>
    variants.map((variant) => ({ id: `${name}/${variant.name}`, sha256: variant.sha256 })),
  );
  return new Set(measured?.filter(({ id, sha256 }) => loaded.has(`${id}/${sha256}`)).map(({ id }) => id));
});

/** The measured cells of the opened profile that this browser can run with the chosen pipeline. */
export const timeable = computed<readonly MeasuredCell[]>(() =>
  (profile.value ? measuredInOrder(profile.value) : []).filter(
    (cell) => isHere(cell) && common.value.has(`${cell.stage}/${cell.variant}`),
  ),
);

/** Why no cell can be timed now; null if one can. */
export const whyNotTimeable = computed<string | null>(() => {
  if (!models.value) return 'The models are not loaded yet.';
  if (timeable.value.length === 0 && common.value.size > 0)
    return 'This profile has no measured cell on a backend that this browser can run. Measure this device.';
  const [of, here] = [profile.value?.pipeline, models.value.manifest.name];
  if (timeable.value.length === 0)
    return `This browser can run none of the models of this profile with the pipeline ${here}. ${of === here ? 'The pipeline has changed since: measure it again' : howToChoose(of!)}.`;
  return heldByWork('this');
});

effect(() => {
  if (running.value || trying.value || otherTab.value) cancelTiming();
});

// The times belong to one profile and its models, so opening another profile or pipeline drops them.
effect(() => {
  if (!opened.value || !models.value) return;
  cancelTiming();
  timed.value = timingFailure.value = null;
});

/** Times the operators of a cell's variant. */
export async function timeOperatorsOf(cell: CellKey): Promise<void> {
  const controller = new AbortController();
  timing.value = { cell, controller };
  timed.value = timingFailure.value = null;
  try {
    const times = await timeOperators(models.value!, cell, controller.signal);
    if (!controller.signal.aborted) timed.value = { cell, times };
  } catch (error) {
    if (!controller.signal.aborted) timingFailure.value = message(error);
  }
  if (timing.value?.controller === controller) timing.value = null;
}

/** Ends the running measurement at once. */
export function cancelTiming(): void {
  timing.peek()?.controller.abort();
  timing.value = null;
}
