import { LOOK_MS } from '../../../solver/adapt/clock.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { type Adaptable, type AdaptationOptions, Adapter } from '../../../workers/executor/adapter.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { applyPlan, samePlan, servedBy } from '../../kubernetes/apply.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { objectNames } from '../../kubernetes/export/objects.ts';
import type { PipelineFacts } from '../../kubernetes/export/types.ts';
import { BACK_OFF, type BackOff, pauseMs } from '../../kubernetes/follow.ts';
import { counterOf, Growth } from './arrivals.ts';
import { planChangeText, recordEvent } from './events.ts';

export interface ControllerOptions {
  readonly cluster: Cluster;
  readonly pipeline: string;
  readonly namespace: string;
  readonly facts: PipelineFacts;
  /** How to follow the load with what a plan was asked for. @throws PlanRefusedError where that cannot be */
  readonly adaptation: (plan: Plan) => AdaptationOptions;
  readonly backOff?: BackOff;
  /** Between two looks at what has arrived. */
  readonly lookMs?: number;
  onEvent(what: string): void;
}

/** There is nothing to follow the load with. */
export class NothingAppliedError extends Error {
  override name = 'NothingAppliedError';
  constructor(pipeline: string, namespace: string) {
    super(`Namespace ${namespace} serves no plan of ${pipeline}: apply one first, with ipa-agent apply.`);
  }
}

/**
 * Makes a cluster follow its load until the signal aborts: what arrived at the gateway → predictor → planner → apply. Where
 * the cluster or its gateway cannot be asked it is asked again, nothing is decided until it answers, and what arrived
 * meanwhile is counted then; where a plan cannot be applied the one before stays, and the next decision tries again. A
 * plan that somebody else applies is followed from then on, if it can be.
 */
export async function control(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const cluster = new Patient(options, signal);
  while (!signal.aborted) {
    const followed = await cluster.ask(async () => {
      const serving = await servingPlan(options);
      return { serving, adaptation: options.adaptation(serving) };
    });
    if (followed) await followLoad(options, followed, cluster, signal);
  }
}

/** Until the signal aborts, or somebody else has applied another plan. */
async function followLoad(
  options: ControllerOptions,
  { serving, adaptation }: { readonly serving: Plan; readonly adaptation: AdaptationOptions },
  patient: Patient,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, pipeline, namespace, onEvent } = options;
  const target = new ClusterTarget(options, serving);
  const adapter = new Adapter(adaptation, target, {
    onStep: () => {},
    onSwitch: () => {},
    onEvent(what) {
      onEvent(what);
      void target.record('Warning', 'PlanStays', what);
    },
  });
  const look = async () => ({
    plan: await servingPlan(options),
    count: counterOf(
      await cluster.serviceText(namespace, objectNames(pipeline).gateway, '/metrics'),
      'ipa_edge_arrivals_total',
      pipeline,
    ),
  });
  const startMs = performance.now();
  const arrivals = new Growth();
  let lookedMs = 0;
  try {
    while (!signal.aborted) {
      const { changes } = target;
      const seen = await patient.ask(look, (failing) => adapter.hold(failing));
      if (!seen) return;
      if (target.changes === changes && !target.busy && !samePlan(seen.plan, target.plan)) {
        if (!target.hasTried(seen.plan))
          return onEvent('another plan was applied: it is followed from now on');
        onEvent('a plan was cut off while it was applied: it is applied again');
        target.rebatch(seen.plan);
      }
      const nowMs = performance.now() - startMs;
      const arrived = arrivals.since(seen.count);
      // When in the meantime each came is not known: evenly.
      for (let i = 0; i < arrived; i++)
        adapter.arrived(lookedMs + ((i + 0.5) / arrived) * (nowMs - lookedMs));
      lookedMs = nowMs;
      await sleep(options.lookMs ?? LOOK_MS, signal);
    }
  } finally {
    adapter.stop();
    await target.idle();
  }
}

/** @throws NothingAppliedError */
async function servingPlan({ cluster, pipeline, namespace }: ControllerOptions): Promise<Plan> {
  const { serving } = await servedBy(cluster, pipeline, namespace);
  if (serving === null) throw new NothingAppliedError(pipeline, namespace);
  return serving;
}

/** Asks a cluster until it answers. */
class Patient {
  constructor(
    private readonly options: ControllerOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** Undefined where the signal aborts before. @param onFailing it does not answer, or does again */
  async ask<T>(
    work: () => Promise<T>,
    onFailing: (failing: boolean) => void = () => {},
  ): Promise<T | undefined> {
    const { onEvent, backOff = BACK_OFF } = this.options;
    for (let failures = 0; !this.signal.aborted; ) {
      try {
        const answer = await work();
        if (failures > 0) {
          onEvent('the cluster answers again');
          onFailing(false);
        }
        return answer;
      } catch (error) {
        if (failures === 0) {
          onEvent(`the cluster cannot be followed: ${message(error)}`);
          onFailing(true);
        }
        await sleep(pauseMs(backOff, ++failures), this.signal);
      }
    }
    return undefined;
  }
}

/** A cluster as what adapts: to change to a plan is to apply it. Changes follow each other. */
class ClusterTarget implements Adaptable {
  #plan: Plan;
  /** The last that was applied, perhaps not to its end. */
  #tried: Plan | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** Plans that were applied. */
  changes = 0;

  constructor(
    private readonly options: ControllerOptions,
    serving: Plan,
  ) {
    this.#plan = serving;
  }

  get plan(): Plan {
    return this.#plan;
  }

  switchTo(plan: Plan): Promise<void> {
    this.#waiting++;
    const done = this.#last.then(() => this.#apply(plan)).finally(() => this.#waiting--);
    this.#last = done.catch(() => {});
    return done;
  }

  rebatch(plan: Plan): void {
    void this.switchTo(plan).catch((error) => this.options.onEvent(`the plan stays: ${message(error)}`));
  }

  /** Whether a plan is the last that was applied, were it only in part. */
  hasTried(plan: Plan): boolean {
    return this.#tried !== undefined && samePlan(plan, this.#tried);
  }

  /** Whether a plan is being applied. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** Resolves when nothing is being applied. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #apply(plan: Plan): Promise<void> {
    const { cluster, pipeline, namespace, facts, onEvent } = this.options;
    // As they are now: somebody may have applied another image meanwhile.
    const { settings } = await servedBy(cluster, pipeline, namespace);
    if (settings === null) throw new NothingAppliedError(pipeline, namespace);
    this.#tried = plan;
    await applyPlan(cluster, plan, { facts, settings });
    const text = planChangeText(this.#plan, plan);
    this.#plan = plan;
    this.changes++;
    onEvent(text);
    await this.record('Normal', 'PlanChanged', text);
  }

  /** History is nice to have: nothing fails for it. */
  async record(type: 'Normal' | 'Warning', reason: string, text: string): Promise<void> {
    const { cluster, pipeline, namespace } = this.options;
    await recordEvent(cluster, pipeline, namespace, { type, reason, text }).catch(() => {});
  }
}
