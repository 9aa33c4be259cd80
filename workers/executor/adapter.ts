import { AdaptationClock, LOOK_MS } from '../../solver/adapt/clock.ts';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import type { System } from '../../solver/adapt/system.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Adaptation } from '../../solver/documents/report.ts';
import { message } from '../runtime/errors.ts';
import { after } from './clock.ts';
import type { Executor } from './executor.ts';

export interface AdaptationOptions {
  readonly system: System;
  readonly predictor: Predictor;
  /** Between two decisions. */
  readonly intervalS: number;
}

export interface AdapterHooks {
  onStep(step: Adaptation['steps'][number]): void;
  onSwitch(plan: Plan): void;
  onEvent(what: string): void;
}

/** What runs a plan and can change to another: an executor, or a cluster. */
export type Adaptable = Pick<Executor, 'plan' | 'switchTo' | 'rebatch'>;

/** Lets what runs a plan follow its load: looks at every second, and carries out what the adaptation clock decides. */
export class Adapter {
  readonly #startMs = performance.now();
  readonly #clock: AdaptationClock;
  #cancel: () => void;
  #stopped = false;
  /** The plan to switch to as soon as no other switch is under way. */
  #next: Plan | undefined;
  #switching = false;

  constructor(
    { system, predictor, intervalS }: AdaptationOptions,
    private readonly executor: Adaptable,
    private readonly hooks: AdapterHooks,
  ) {
    this.#clock = new AdaptationClock({ system, predictor, intervalMs: 1000 * intervalS }, executor.plan);
    this.#cancel = after(LOOK_MS, () => void this.#look());
  }

  /** A request arrived. @param arrivalMs from the start of the run */
  arrived(arrivalMs: number): void {
    this.#clock.arrived(arrivalMs);
  }

  /** While held, nothing is decided: arrivals are not known. They may still be told later. */
  hold(held: boolean): void {
    this.#clock.hold(held);
  }

  /** Decides nothing any more, and calls no hook any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  get #nowMs(): number {
    return performance.now() - this.#startMs;
  }

  async #look(): Promise<void> {
    await this.#step().catch((error) => this.#stays(error));
    if (this.#stopped) return;
    const nowMs = this.#nowMs;
    this.#cancel = after(this.#clock.nextLookMs(nowMs) - nowMs, () => void this.#look());
  }

  async #step(): Promise<void> {
    const atMs = this.#nowMs;
    const step = await this.#clock.look(atMs, this.executor.plan);
    if (!step || this.#stopped) return;
    this.hooks.onStep({ atMs, ...step.forecast, plannedPerS: step.plannedPerS });
    if (step.interim) {
      this.executor.rebatch(step.interim);
      this.hooks.onSwitch(step.interim);
    }
    if (!step.plan) return;
    this.#next = step.plan;
    void this.#switch();
  }

  /** Decisions go on while a switch is under way; of the plans that wait for it only the newest follows. */
  async #switch(): Promise<void> {
    if (this.#switching) return;
    this.#switching = true;
    for (let plan = this.#next; plan && !this.#stopped; plan = this.#next) {
      this.#next = undefined;
      try {
        await this.executor.switchTo(plan);
        // An executor that was closed meanwhile has not switched.
        if (!this.#stopped) this.hooks.onSwitch(plan);
      } catch (error) {
        this.#stays(error);
        this.#clock.failed(plan, this.executor.plan);
      }
    }
    this.#switching = false;
  }

  #stays(error: unknown): void {
    if (!this.#stopped) this.hooks.onEvent(`the plan stays: ${message(error)}`);
  }
}
