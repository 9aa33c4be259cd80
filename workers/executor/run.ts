import { z } from 'zod';
import { itemsOf } from '../../models/items/item-batch.ts';
import { parseDocument } from '../../solver/documents/document.ts';
import { PLAN } from '../../solver/documents/plan.ts';
import { type RunReport, runReportSchema } from '../../solver/documents/run-report.ts';
import { manifestMismatches } from '../../solver/plan/mismatches.ts';
import { drawPackItems } from '../../solver/simulate/fanout.ts';
import { Caller, callback, callerOptions, withMethod } from '../environment/caller.ts';
import { OtherModelsError } from '../runtime/errors.ts';
import { Adapter } from './adapter.ts';
import { sleepUntil, unlessAborted, untilSettled } from './clock.ts';
import { Executor } from './executor.ts';
import { stoppedLoad } from './load.ts';
import { Recorder } from './recorder.ts';
import type { RunOptions } from './run-options.ts';
import { runReport } from './run-report.ts';
import { workerStarter } from './start-worker.ts';
import type { ExecutorHooks } from './types.ts';

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
  const { plan, models, environment, load, seed } = options;
  const caller = new Caller(options.signal);
  const { signal } = caller;
  const reasons = manifestMismatches(plan, models.manifest);
  if (reasons.length > 0) throw new OtherModelsError(reasons);
  const pack = await unlessAborted(models.readPack, signal);
  const items = itemsOf(pack.items);
  const total = load.arrivalsMs.length;
  const packItems = drawPackItems(total, items.length, seed);
  const recorder = new Recorder(options, caller);
  let adapter: Adapter | undefined;
  const hooks: ExecutorHooks = {
    onBatch(batch) {
      recorder.ran(batch);
      adapter?.ran(batch);
    },
    onSettled: (stage) => recorder.settled(stage),
    onEvent: (what) => recorder.happened(what),
  };
  const starter = workerStarter(models, environment);
  const executor = await Executor.start(models.pipeline, plan, starter, hooks, undefined, signal);
  const end = () => {
    adapter?.stop();
    executor.close();
  };
  try {
    const device = await environment.describe(executor.runtime);
    recorder.start();
    adapter =
      options.adaptation &&
      new Adapter(options.adaptation, executor, {
        onStep: (step) => recorder.stepped(step),
        onSwitch: (to) => recorder.switched(to),
        onEvent: (what) => recorder.happened(what),
      });
    const send = (i: number): Promise<void> => {
      const arrivalMs = load.arrivalsMs[i]!;
      const input = items[packItems[i]!]!;
      const truth = pack.truths?.[packItems[i]!] ?? null;
      recorder.sent(arrivalMs);
      adapter?.arrived(arrivalMs);
      return executor
        .submit(input, recorder.startMs + arrivalMs)
        .then((answer) => recorder.ended(i, { arrivalMs, input, truth, answer }));
    };
    const pending: Promise<void>[] = [];
    for (const arrivalMs of load.arrivalsMs) {
      await sleepUntil(recorder.startMs + arrivalMs, signal);
      if (signal.aborted) break;
      pending.push(send(pending.length));
    }
    if (pending.length === 0) signal.throwIfAborted();
    // A run that is stopped at once counts as 1 ms long, because the rate (requests / time) must be finite.
    const lastedS = Math.max(1, recorder.nowMs) / 1000;
    const sent = pending.length === total ? load : stoppedLoad(load, pending.length, lastedS);
    const all = Promise.all(pending);
    await untilSettled(all, recorder.endMs - recorder.nowMs, signal);
    end();
    await all;
    caller.throwIfBroken();
    return runReport({ ...options, load: sent }, { ...recorder.record, pack, device, packItems });
  } finally {
    end();
  }
}
