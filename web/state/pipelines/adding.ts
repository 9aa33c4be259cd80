import { computed, signal } from '@preact/signals';
import { ModelChecker } from '../../engine/check-model.ts';
import { running } from '../measure/profiling.ts';
import { asTheOnlyTab, heldByOtherTab, otherTab, type TabWork } from '../tabs.ts';
import { trying } from '../try/trying.ts';
import { listOwn } from './pipelines.ts';

/** Models cannot be checked while this tab or another one works. */
class MeasuringError extends Error {
  override name = 'MeasuringError';
  constructor() {
    super(
      'Checking a model now would disturb what goes on here or in another tab. Wait until that has finished, or stop it.',
    );
  }
}

/** The current step of an addition, e.g. `Checking mine.onnx`, and what cancels the addition; null while there is none. */
export const adding = signal<{ readonly what: string; readonly controller: AbortController } | null>(null);
/** Why nothing can be measured or run now; null if nothing is being added. */
export const heldByAdding = computed<string | null>(
  () => adding.value && 'Wait until what you chose is added, or cancel that under Your own models.',
);
/** Whether this tab measures or runs a plan, or another tab works. */
const measuring = () => running.value !== null || trying.value !== null || otherTab.value !== null;
/** Whether the user cannot add anything now. */
export const busy = computed(() => adding.value !== null || measuring());

/** Why the user must wait before other work; null if nothing keeps it waiting. @param what names the other work in a sentence */
export function heldByWork(what: string): string | null {
  if (running.value) return `Wait until measuring has ended, because ${what} would disturb it.`;
  if (trying.value) return `Wait until the run of the plan has ended, because ${what} would disturb it.`;
  return heldByOtherTab.value;
}

/** The result of the last addition, as shown to the user. */
export const lastAdded = signal<string | null>(null);

/** Arguments of a function that adds a model or a pipeline. */
export interface Addition {
  readonly checker: ModelChecker;
  readonly signal: AbortSignal;
  /** Shows the current step. @throws the signal's reason after a cancel */
  step(what: string): void;
}

/** The work that this tab reports to other tabs during an addition. */
const tabWork = signal<TabWork>({ pipeline: '', profile: null, hidden: false, adds: true });

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs additions one after the other. A cancelled addition ends without an error.
 * @throws MeasuringError, OtherTabError, and what `work` throws
 */
export function addOneByOne(work: (addition: Addition) => Promise<void>): Promise<void> {
  const mine = last.then(async () => {
    if (measuring()) throw new MeasuringError();
    const controller = new AbortController();
    const { signal } = controller;
    const checker = new ModelChecker(signal);
    const step = (what: string) => {
      signal.throwIfAborted();
      adding.value = { what, controller };
    };
    lastAdded.value = null;
    try {
      await asTheOnlyTab(tabWork, controller, () => work({ checker, signal, step }));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      checker.close();
      adding.value = null;
      await listOwn();
    }
  });
  last = mine.catch(() => {});
  return mine;
}
