import type { BatchCorrection, TimedBatches } from '../../solver/adapt/batch-correction.ts';
import { AdaptationClock } from '../../solver/adapt/clock.ts';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import type { System } from '../../solver/adapt/system.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Adaptation } from '../../solver/documents/run-report.ts';
import { message } from '../runtime/errors.ts';
import { after } from './clock.ts';
import type { Executor } from './executor.ts';
import { ranAsPlanned } from './plan-rows.ts';
import type { BatchRecord } from './types.ts';

export interface AdaptationOptions {
  readonly system: System;
  readonly predictor: Predictor;
  /** Time between two planning decisions, unless a second with more requests than forecast brings one sooner. */
  readonly intervalS: number;
  /**
   * Corrects the profile that plans are made from, by the timed batches of the plan that serves. The adapter calls it every
   * {@link CORRECT_MS} and when the plan changes. If it is absent, the profile stays as it is.
   * @returns a sentence for each correction that plans use from now on
   */
  correct?(...timed: Parameters<BatchCorrection['take']>): readonly string[];
}

/** Time between two corrections of the profile while the plan stays the same. */
const CORRECT_MS = 10_000;

interface AdapterHooks {
  onStep(step: Adaptation['steps'][number]): void;
  onSwitch(plan: Plan): void;
  onEvent(what: string): void;
}

/** What an adapter controls: an executor or a cluster, which runs a plan and can change to another plan. */
export type Adaptable = Pick<Executor, 'plan' | 'switchTo' | 'rebatch'> & Partial<Pick<Executor, 'served'>>;

/** Adapts a running plan to its load: calls the adaptation clock every second, and carries out the clock's decisions. */
export class Adapter {
  readonly #startMs = performance.now();
  readonly #clock: AdaptationClock;
  #cancel: () => void;
  #stopped = false;
  /** The plan to switch to as soon as no other switch is under way. */
  #next: Plan | undefined;
  #switching = false;
  /** The serving plan's batches since `#timedFromMs`, by the name of the row. */
  readonly #timed = new Map<string, TimedBatches>();
  #timedFromMs = 0;

  constructor(
    private readonly options: AdaptationOptions,
    private readonly executor: Adaptable,
    private readonly hooks: AdapterHooks,
  ) {
    const { system, predictor, intervalS } = options;
    const { plan, served } = executor;
    const intervalMs = 1000 * intervalS;
    this.#clock = new AdaptationClock({ system, predictor, intervalMs }, plan, undefined, served);
    this.#cancel = after(this.#clock.nextCheckMs(0), () => void this.#check());
  }

  /** Counts a request. @param arrivalMs its arrival, counted from the start of the run */
  arrived(arrivalMs: number): void {
    this.#clock.arrived(arrivalMs);
  }

  /** Tells the adaptation clock that all arrivals until a time are counted. @param untilMs counted from the start of the run */
  known(untilMs: number): void {
    this.#clock.known(untilMs);
  }

  /** Counts a batch that a worker has run, if it {@link ranAsPlanned}. */
  ran(batch: BatchRecord): void {
    if (!ranAsPlanned(this.executor.plan, batch)) return;
    const { stage, items, serviceMs } = batch;
    const before = this.#timed.get(stage) ?? { batches: 0, items: 0, ms: 0 };
    this.#timed.set(stage, {
      batches: before.batches + 1,
      items: before.items + items,
      ms: before.ms + serviceMs,
    });
  }

  /** Ends the adaptation: no decision and no call of a hook follows. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  get #nowMs(): number {
    return performance.now() - this.#startMs;
  }

  async #check(): Promise<void> {
    await this.#step().catch((error) => this.#reportFailure(error));
    if (this.#stopped) return;
    const nowMs = this.#nowMs;
    this.#cancel = after(this.#clock.nextCheckMs(nowMs) - nowMs, () => void this.#check());
  }

  async #step(): Promise<void> {
    const atMs = this.#nowMs;
    const serving = this.executor.plan;
    if (atMs - this.#timedFromMs >= CORRECT_MS) this.#correct();
    const step = await this.#clock.check(atMs, serving, this.executor.served);
    if (!step || this.#stopped) return;
    this.hooks.onStep({ atMs, ...step.forecast, plannedPerS: step.plannedPerS });
    // If a switch ended during the check, `step.interim` is the old plan with other batches, so it must not replace the new plan.
    if (step.interim && this.executor.plan === serving) {
      this.#correct();
      this.executor.rebatch(step.interim);
      this.hooks.onSwitch(step.interim);
    }
    if (!step.plan) return;
    this.#next = step.plan;
    void this.#switch();
  }

  /** Switches to the newest plan. Decisions continue during a switch; of the plans decided meanwhile only the newest is used. */
  async #switch(): Promise<void> {
    if (this.#switching) return;
    this.#switching = true;
    for (let plan = this.#next; plan && !this.#stopped; plan = this.#next) {
      this.#next = undefined;
      try {
        this.#correct();
        await this.executor.switchTo(plan);
        this.#timeAnew();
        // After `stop` the executor may have been closed, and `switchTo` then resolves without a switch.
        if (!this.#stopped) this.hooks.onSwitch(plan);
      } catch (error) {
        this.#reportFailure(error);
        this.#clock.failed(plan, this.executor.plan);
      }
    }
    this.#switching = false;
  }

  /** Corrects the profile by the batches that the serving plan has run since the last correction. */
  #correct(): void {
    const nowMs = this.#nowMs;
    const sentences = this.options.correct?.(this.#timed, nowMs - this.#timedFromMs, this.executor.plan);
    for (const what of sentences ?? []) this.hooks.onEvent(what);
    this.#timeAnew();
  }

  /** Forgets the timed batches, because a correction has counted them or the plan has changed. */
  #timeAnew(): void {
    this.#timed.clear();
    this.#timedFromMs = this.#nowMs;
  }

  /** Reports that the plan stays the same, because a decision or a switch failed. */
  #reportFailure(error: unknown): void {
    if (!this.#stopped) this.hooks.onEvent(`the plan stays: ${message(error)}`);
  }
}
