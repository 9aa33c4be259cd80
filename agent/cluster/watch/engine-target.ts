import { type Plan, samePlan } from '../../../solver/documents/plan.ts';
import type { Adaptable } from '../../../workers/executor/adapter.ts';
import { message } from '../../../workers/runtime/errors.ts';
import type { Engine, EngineEvent } from '../engine.ts';
import { NothingAppliedError } from '../errors.ts';
import { planChangeText } from './plan-change-text.ts';
import { STABLE_MS, StableReplicas } from './stable-replicas.ts';

export interface TargetOptions {
  readonly engine: Engine;
  readonly pipeline: string;
  /** Milliseconds for which a stage keeps replicas that newer plans do not want. */
  readonly stableMs?: number;
  onEvent(what: string): void;
}

/** @throws NothingAppliedError */
export async function currentPlan({ engine, pipeline }: Pick<TargetOptions, 'engine' | 'pipeline'>) {
  const plan = await engine.plan();
  if (plan === null) throw new NothingAppliedError(pipeline, engine.target);
  return plan;
}

/** The adapter's target: a switch to a plan applies the plan to the engine. Plans are applied one after the other. */
export class EngineTarget implements Adaptable {
  #plan: Plan;
  /**
   * The last plan that this process began to apply, successfully or not, and `decided`: that plan before replicas to keep were
   * added.
   */
  #tried: { readonly plan: Plan; readonly decided: Plan } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** The fields that the last change left as they were, because other tools manage them. */
  #stay = '';
  /**
   * Whether this process has made every object match the plan. False at first: if two plans were applied at the same time before,
   * some objects may be those of the other plan.
   */
  #complete = false;
  readonly #stable: StableReplicas;
  /** The plan that was decided on last. {@link plan} may have more replicas than this plan, because some are kept for a while. */
  #decided: Plan;
  /** Number of plans that were applied. */
  changes = 0;

  constructor(
    private readonly options: TargetOptions,
    plan: Plan,
  ) {
    this.#plan = plan;
    this.#decided = plan;
    this.#stable = new StableReplicas(options.stableMs ?? STABLE_MS);
    this.#stable.settle(plan, performance.now());
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

  /** Applies a plan, unless another plan is being applied: this plan would wait for that newer one, and then replace it. */
  rebatch(plan: Plan): void {
    if (this.busy) return;
    void this.switchTo(plan).catch((error) => this.options.onEvent(`the plan stays: ${message(error)}`));
  }

  /**
   * Whether somebody else applied this plan, which the engine has stored. A plan is this process's own if it is the target's
   * plan, or the last plan that this process began to apply, because even a failed attempt may have stored that one.
   */
  isForeign(plan: Plan): boolean {
    return !samePlan(plan, this.#plan) && !(this.#tried && samePlan(plan, this.#tried.plan));
  }

  /** Applies the last plan again that this process began to apply, because that attempt was cut off. */
  tryAgain(): void {
    if (this.#tried) this.rebatch(this.#tried.decided);
  }

  /**
   * Completes the decided plan: changes objects of another plan, sets fields that other tools may have given up, and ends
   * replicas that were kept. While the load stays the same, no new decision would complete the plan.
   */
  finish(): void {
    const settled = this.#stable.settle(this.#decided, performance.now());
    if (!this.#complete || !samePlan(settled, this.#plan)) this.rebatch(this.#decided);
  }

  /** Whether a plan is being applied. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** Resolves when no plan is being applied. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #apply(decided: Plan): Promise<void> {
    const { engine, onEvent } = this.options;
    const plan = this.#stable.settle(decided, performance.now());
    const cutOff = this.#tried !== undefined && !samePlan(this.#tried.plan, this.#plan);
    const applied = !cutOff && samePlan(plan, this.#plan);
    if (applied) this.#decided = decided;
    if (applied && this.#complete) return;
    // This read throws while the engine does not answer, so that no plan counts as tried. It also throws if somebody has removed
    // the plan meanwhile: then no plan may be applied in its place.
    const current = await currentPlan(this.options);
    // A plan that somebody else has applied since the last reading must stay. The next reading reports it.
    if (this.isForeign(current)) return;
    this.#tried = { plan, decided };
    const changes = await engine.adapt(plan, current);
    this.#report(changes.flatMap(({ stay = [] }) => stay));
    this.#complete = this.#stay === '';
    if (applied) return;
    const text = planChangeText(this.#plan, plan);
    this.#plan = plan;
    this.#decided = decided;
    this.changes++;
    onEvent(text);
    await this.record({ type: 'Normal', reason: 'PlanChanged', text });
  }

  /** Reports the fields that other tools manage, once as long as they stay the same. */
  #report(stay: readonly string[]): void {
    const text = stay.join('; ');
    if (text !== this.#stay && text !== '') {
      const what = `left as other tools set it: ${text}`;
      this.options.onEvent(what);
      void this.record({ type: 'Warning', reason: 'FieldsStay', text: what });
    }
    this.#stay = text;
  }

  /** Adds an event to the engine's history, and ignores failures, because serving does not need the history. */
  async record(event: EngineEvent): Promise<void> {
    await this.options.engine.recordEvent(event).catch(() => {});
  }
}
