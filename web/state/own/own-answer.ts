import { computed, effect, signal } from '@preact/signals';
import type { LoadedManifest } from '../../../models/manifests/load.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import { stageRows } from '../../../solver/documents/plan.ts';
import { browserEnvironment } from '../../../workers/environment/browser.ts';
import { type StageChoice, type StageStep, StepByStep } from '../../../workers/executor/step-by-step.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { models } from '../app.ts';
import { recheckAfter } from '../device/recheck.ts';
import { heldByWork } from '../pipelines/adding.ts';
import { plan } from '../plan/planning.ts';
import { obstacle } from '../try/trying.ts';
import { ownItem } from './own-input.ts';

/** The steps of a request so far. */
interface OwnAnswer {
  readonly steps: readonly StageStep[];
  /** The stage that runs now; null when the request is complete, has failed, or was cancelled. */
  readonly running: string | null;
  readonly complete: boolean;
}

export const ownAnswer = signal<OwnAnswer | null>(null);
/** What the page does for the user's request: it loads the variants, or runs the request. Null if no request is in progress. */
export const answering = signal<'loading' | 'running' | null>(null);
/** Why the last request has no answer. */
export const ownFailure = signal<string | null>(null);
/** Variants that the user chose instead of the plan's, by stage. */
export const ownVariants = signal<Readonly<Record<string, string>>>({});

/** Why no request can run now; null if one can. */
export const whyNoRequest = computed(() => heldByWork('a request'));

/**
 * The variant and backend for each stage: the user's variant or, without one, the plan's if the plan can run here. Without such a
 * plan, a stage runs its first variant on wasm, which every browser has. A stage that is a cascade in the plan has two choices,
 * unless the user chose its variant.
 */
const choices = computed<readonly StageChoice[]>(() => {
  const planned = obstacle.value === null ? plan.value : null;
  return (models.value?.manifest.stages ?? []).flatMap(({ name, variants }): StageChoice[] => {
    const stage = planned?.stages.find((one) => one.name === name);
    const asPlanned = variants.find((one) => stage && sha256Of(one) === stage.sha256) ?? variants[0]!;
    const variant = variants.find((one) => one.name === ownVariants.value[name]) ?? asPlanned;
    const { backend = 'wasm', threads = 1 } = stage ?? {};
    const own = { name, variant: variant.name, backend, threads };
    const heavy = planned?.stages.find(({ escalation }) => escalation?.from === name);
    return heavy && variant === asPlanned && ownVariants.value[name] === undefined ? [own, heavy] : [own];
  });
});

/** The choices without heavy variants: one for each stage. */
export const stageChoices = computed(() => stageRows(choices.value));

/** The workers of the last request. The next request with the same choices uses them again. */
let kept: { readonly models: LoadedManifest; readonly key: string; readonly steps: StepByStep } | null = null;
let controller: AbortController | null = null;

function close(): void {
  kept?.steps.close();
  kept = null;
}

effect(() => {
  if (whyNoRequest.value !== null) cancelOwn();
});

effect(() => {
  if (!models.value) return;
  cancelOwn();
  ownVariants.value = {};
  ownAnswer.value = ownFailure.value = null;
});

async function stepsFor(loaded: LoadedManifest, chosen: readonly StageChoice[], signal: AbortSignal) {
  const key = JSON.stringify(chosen);
  if (kept?.models === loaded && kept.key === key) return kept.steps;
  close();
  const steps = await StepByStep.start(loaded, browserEnvironment(), chosen, signal);
  if (signal.aborted) {
    steps.close();
    signal.throwIfAborted();
  }
  kept = { models: loaded, key, steps };
  return steps;
}

/** Answers the user's own request with the chosen variants. */
export async function answerOwn(): Promise<void> {
  controller = new AbortController();
  const { signal } = controller;
  const loaded = models.value!;
  const item = ownItem();
  const names = loaded.manifest.stages.map(({ name }) => name);
  answering.value = 'loading';
  ownAnswer.value = ownFailure.value = null;
  try {
    const opened = await stepsFor(loaded, choices.value, signal);
    answering.value = 'running';
    let steps: readonly StageStep[] = [];
    ownAnswer.value = { steps, running: names[0]!, complete: false };
    for await (const step of opened.answer(item)) {
      if (signal.aborted) return;
      steps = [...steps, step];
      const running = names[steps.length] ?? null;
      ownAnswer.value = { steps, running, complete: running === null };
    }
  } catch (error) {
    await recheckAfter(error);
    // A cancelled request may fail after the next one has begun, and must not end that one.
    if (signal.aborted) return;
    ownFailure.value = message(error);
    close();
  }
  ended();
}

/** Ends the running request and its workers at once, even while a model is downloaded. */
export function cancelOwn(): void {
  controller?.abort();
  close();
  ended();
}

function ended(): void {
  controller = answering.value = null;
  const answer = ownAnswer.peek();
  if (answer?.running) ownAnswer.value = { ...answer, running: null };
}
