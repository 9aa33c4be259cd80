import { CHECK_MS } from '../../../solver/adapt/clock.ts';
import type { Counts } from '../../../solver/adapt/serving-counts.ts';
import { type Plan, samePlan } from '../../../solver/documents/plan.ts';
import { type AdaptationOptions, Adapter } from '../../../workers/executor/adapter.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { BACK_OFF, type BackOff, pauseMs } from '../back-off.ts';
import { currentPlan, EngineTarget, type TargetOptions } from './engine-target.ts';
import { GatewayLoad, type Reading } from './gateway-load.ts';

export interface ControllerOptions extends TargetOptions {
  /**
   * Returns the options to adapt a plan to the load.
   * @param cascadeStages stages in which plans may have a cascade
   * @throws PlanRefusedError if the plan is from another profile
   */
  readonly adaptationFor: (plan: Plan, cascadeStages: ReadonlySet<string>) => AdaptationOptions;
  /** Gets the growth of the gateways' counters since the previous call, the time since then, and the plan at this call. */
  readonly onCounts?: (growth: Counts, elapsedMs: number, plan: Plan) => void;
  readonly backOff?: BackOff;
  /** Milliseconds between two readings of the gateways' arrivals. */
  readonly checkMs?: number;
}

/**
 * Adapts the applied plan to the load of the gateways until the signal aborts: reads arrivals, forecasts, plans, applies. While
 * the engine or a gateway does not answer, decides nothing, and counts the arrivals of that time later. If the engine cannot
 * apply a plan, the earlier plan stays and the next decision tries again. If somebody else applies a plan, adapts that plan from
 * then on.
 */
export async function control(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const followed = await retried(options, signal, async () => {
      const plan = await currentPlan(options);
      const adaptation = options.adaptationFor(plan, await options.engine.cascadeStages());
      return { plan, adaptation, ...(await readCounts(options)) };
    });
    if (followed) await followLoad(options, followed, signal);
  }
}

async function readCounts({ engine }: ControllerOptions): Promise<Reading> {
  const askedMs = performance.now();
  const counts = await engine.counts();
  return { counts, askedMs, answeredMs: performance.now() };
}

/** A plan to adapt, and the gateways' counts at the time when it was read: only later arrivals belong to its load. */
interface Followed extends Reading {
  readonly plan: Plan;
  readonly adaptation: AdaptationOptions;
}

/** Adapts one plan to the load, until the signal aborts or somebody else applies another plan. */
async function followLoad(
  options: ControllerOptions,
  { plan, adaptation, ...reading }: Followed,
  signal: AbortSignal,
): Promise<void> {
  const { onEvent } = options;
  const target = new EngineTarget(options, plan);
  const adapter = new Adapter(adaptation, target, {
    onStep: () => {},
    onSwitch: () => {},
    onEvent(what) {
      onEvent(what);
      void target.record({ type: 'Warning', reason: 'PlanStays', text: what });
    },
  });
  const read = async () => ({ plan: await currentPlan(options), ...(await readCounts(options)) });
  const load = new GatewayLoad(adapter, reading, performance.now());
  /** Whether the last reading found a plan that this process had begun to apply. It is applied again at once, then each interval. */
  let wasCutOff = false;
  let triedMs = 0;
  try {
    while (!signal.aborted) {
      const { changes } = target;
      const now = await retried(options, signal, read);
      if (!now) return;
      const nowMs = load.timeOf(now);
      if (!target.busy) {
        const isOther = target.changes === changes && !samePlan(now.plan, target.plan);
        if (isOther && target.isForeign(now.plan))
          return onEvent('another plan was applied: it is followed from now on');
        const isDue = nowMs - triedMs >= 1000 * adaptation.intervalS || (isOther && !wasCutOff);
        wasCutOff = isOther;
        if (isDue) triedMs = nowMs;
        if (isDue && isOther) {
          onEvent('a plan was cut off while it was applied: it is applied again');
          target.tryAgain();
        } else if (isDue) target.finish();
      }
      const seen = load.take(now);
      if (seen) options.onCounts?.(seen.growth, seen.elapsedMs, target.plan);
      await sleep(options.checkMs ?? CHECK_MS, signal);
    }
  } finally {
    adapter.stop();
    await target.idle();
  }
}

/** Repeats a request to the engine until it succeeds. Returns undefined if the signal aborts first. */
async function retried<T>(
  { onEvent, backOff = BACK_OFF }: ControllerOptions,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const result = await work();
      if (failures > 0) onEvent('the cluster answers again');
      return result;
    } catch (error) {
      if (failures === 0) onEvent(`the cluster cannot be followed: ${message(error)}`);
      await sleep(pauseMs(backOff, ++failures), signal);
    }
  }
  return undefined;
}
