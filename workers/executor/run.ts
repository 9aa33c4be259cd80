import { z } from 'zod';
import { itemsOf } from '../../models/items/item-batch.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import { PLAN } from '../../solver/documents/plan.ts';
import {
  type Adaptation,
  EVENT_LENGTH_MAX,
  type RunReport,
  runReportSchema,
} from '../../solver/documents/run-report.ts';
import { manifestMismatches } from '../../solver/plan/mismatches.ts';
import { drawPackItems } from '../../solver/simulate/fanout.ts';
import { Caller, callback, callerOptions, withMethod } from '../environment/caller.ts';
import { OtherModelsError } from '../runtime/errors.ts';
import { Adapter } from './adapter.ts';
import { sleep, sleepUntil, unlessAborted } from './clock.ts';
import { Executor } from './executor.ts';
import { Judge } from './judge.ts';
import { stoppedLoad } from './load.ts';
import type { RunOptions } from './run-options.ts';
import type { RunRecord } from './run-record.ts';
import { runReport } from './run-report.ts';
import { workerStarter } from './start-worker.ts';
import type { ExecutorHooks, RequestAnswer } from './types.ts';

/** Shortest time between two calls of `onProgress`, because a call may cost more than a request does. */
const PROGRESS_MS = 250;

const { name, backends, seed, load } = runReportSchema.shape;

/** The options are checked before the run, because a run may take hours. */
const optionsSchema = z.object({
  ...callerOptions,
  plan: z.object({ schema: z.literal(PLAN) }),
  name,
  backends,
  seed,
  load: z.object({
    ...load.pick({ kind: true, ratePerS: true, durationS: true }).shape,
    arrivalsMs: z
      .instanceof(Float64Array)
      .refine((all) => all.every((at, i) => at >= (all[i - 1] ?? 0)), 'expected times that rise from 0'),
  }),
  adaptation: z
    .object({
      system: withMethod('plan', 'a system'),
      predictor: withMethod('forecast', 'a predictor'),
      intervalS: z.number().positive(),
      correct: callback.optional(),
    })
    .optional(),
  watch: z
    .object({ onPlan: callback, onSent: callback, onEnded: callback, onBatch: callback, onEvent: callback })
    .optional(),
});

/**
 * Runs a plan under an open-loop load. The requests are random items of the pack, and latency counts from the scheduled arrival.
 * A request that is open one SLA after the last arrival has missed the SLA and is shed.
 * @throws InvalidDocumentError for wrong options; OtherModelsError; BackendUnavailableError, ModelLoadError,
 * ModelMismatchError and WorkerLostError while starting, the errors of reading the models, the reason of the signal if it aborts
 * before the first request, and what a callback throws
 */
export async function run(options: RunOptions): Promise<RunReport> {
  parseDocument(optionsSchema, options, 'The argument of run');
  const { plan, models, environment, load, seed, watch } = options;
  const caller = new Caller(options.signal);
  const { signal } = caller;
  const reasons = manifestMismatches(plan, models.manifest);
  if (reasons.length > 0) throw new OtherModelsError(reasons);
  const pack = await unlessAborted(models.readPack, signal);
  const items = itemsOf(pack.items);
  const batches: RunRecord['batches'][number][] = [];
  const plans: RunReport['plans'] = [];
  const settled: RunRecord['settled'][number][] = [];
  const events: RunReport['events'] = [];
  let startMs = performance.now();
  const onEvent = (what: string) => {
    const event = { atMs: Math.max(0, performance.now() - startMs), what: what.slice(0, EVENT_LENGTH_MAX) };
    events.push(event);
    caller.tell(() => watch?.onEvent(event));
  };
  let adapter: Adapter | undefined;
  const hooks: ExecutorHooks = {
    onBatch(batch) {
      batches.push({ ...batch, plan: plans.at(-1)!.plan });
      adapter?.ran(batch);
      caller.tell(() => watch?.onBatch(batch));
    },
    onSettled: (stage) => settled.push({ stage, plan: plans.at(-1)!.plan, items: 1 }),
    onEvent,
  };
  const starter = workerStarter(models, environment);
  const executor = await Executor.start(models.pipeline, plan, starter, hooks, undefined, signal);
  const total = load.arrivalsMs.length;
  const packItems = drawPackItems(total, items.length, seed);
  const serves = (served: RunReport['plans'][number]) => {
    plans.push(served);
    caller.tell(() => watch?.onPlan(served));
  };
  const steps: Adaptation['steps'] = [];
  const answers: RequestAnswer[] = [];
  const lateness: number[] = [];
  const judge = new Judge(models.pipeline);
  const end = () => {
    adapter?.stop();
    executor.close();
  };
  try {
    const device = await environment.describe(executor.runtime);
    startMs = performance.now();
    serves({ atMs: 0, plan });
    const endMs = () => startMs + (load.arrivalsMs[total - 1] ?? 0) + plan.slaMs;
    let ended = 0;
    let reportedMs = 0;
    const reportProgress = () => {
      const now = performance.now();
      if (now - reportedMs < PROGRESS_MS) return;
      reportedMs = now;
      const timeLeftMs = Math.max(0, endMs() - now);
      const progress = { run: options.name, sent: pending.length, ended, total, timeLeftMs };
      caller.tell(() => options.onProgress?.(progress));
    };
    const pending: Promise<void>[] = [];
    adapter =
      options.adaptation &&
      new Adapter(options.adaptation, executor, {
        onStep: (step) => steps.push(step),
        onSwitch: (to) => serves({ atMs: performance.now() - startMs, plan: to }),
        onEvent,
      });
    for (let i = 0; i < total && !signal.aborted; i++) {
      const due = startMs + load.arrivalsMs[i]!;
      await sleepUntil(due, signal);
      if (signal.aborted) break;
      const arrivalMs = load.arrivalsMs[i]!;
      const latenessMs = performance.now() - due;
      lateness.push(latenessMs);
      adapter?.arrived(arrivalMs);
      caller.tell(() => watch?.onSent(arrivalMs, latenessMs));
      const input = items[packItems[i]!]!;
      const truth = pack.truths?.[packItems[i]!] ?? null;
      pending.push(
        executor.submit(input, due).then((answer) => {
          answers[i] = answer;
          ended++;
          // The labels are the caller's, too: one that cannot be judged ends the run, and not the process.
          caller.tell(() => {
            const score = truth && answer.outcome === 'completed' ? judge.add(answer.answer, truth) : null;
            return watch?.onEnded({ arrivalMs, input, truth, answer, score });
          });
          // A headless page takes about 1 ms to report. After each send, the report would delay the first batch of the request.
          reportProgress();
        }),
      );
    }
    if (pending.length === 0) signal.throwIfAborted();
    // A run that is stopped at once counts as 1 ms long, because the rate (requests / time) must be finite.
    const lastedS = Math.max(1, performance.now() - startMs) / 1000;
    const sent = pending.length === total ? load : stoppedLoad(load, pending.length, lastedS);
    const answered = new AbortController();
    const all = Promise.all(pending);
    const wake = () => answered.abort();
    all.then(wake, wake);
    // The last answer cancels the timer, because Node does not exit while a timer runs.
    const ends = AbortSignal.any([answered.signal, signal]);
    await sleep(Math.max(0, endMs() - performance.now()), ends);
    end();
    await all;
    caller.throwIfBroken();
    return runReport(
      { ...options, load: sent },
      { pack, device, answers, lateness, judge, batches, settled, events, packItems, plans, steps },
    );
  } finally {
    end();
  }
}
