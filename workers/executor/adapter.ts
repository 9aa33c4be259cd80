import { HISTORY_S, type Predictor } from '../../solver/adapt/predictors/predictor.ts';
import { adapt, type System } from '../../solver/adapt/system.ts';
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

/** Between two looks at whether the plan is overtaken. */
const LOOK_MS = 1000;

/** What runs a plan and can change to another: an executor, or a cluster. */
export type Adaptable = Pick<Executor, 'plan' | 'switchTo' | 'rebatch'>;

/** Follows the load of what runs a plan: counts arrivals, decides every interval, and switches. */
export class Adapter {
  readonly #startMs = performance.now();
  /** Requests of each second from `#firstS` on, the current one too; those before it are no longer needed. */
  readonly #countsPerS: number[] = [];
  #firstS = 0;
  #cancel: () => void;
  #stopped = false;
  #held = false;
  #decidedMs = 0;
  #overtaken: (countsPerS: readonly number[]) => boolean = () => false;
  /** What was decided last: it serves, or its workers are on their way. */
  #decided: Plan;
  /** What is to be switched to as soon as no other switch is under way. */
  #next: Plan | undefined;
  #switching = false;

  constructor(
    private readonly options: AdaptationOptions,
    private readonly executor: Adaptable,
    private readonly hooks: AdapterHooks,
  ) {
    this.#decided = executor.plan;
    this.#cancel = after(LOOK_MS, () => void this.#look());
  }

  /** A request arrived. @param arrivalMs from the start of the run */
  arrived(arrivalMs: number): void {
    const second = Math.floor(arrivalMs / 1000) - this.#firstS;
    if (second < 0) return;
    while (this.#countsPerS.length <= second) this.#countsPerS.push(0);
    this.#countsPerS[second]!++;
  }

  /** Decides nothing while what arrives is not known; what arrived meanwhile may be told afterwards. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** Decides nothing any more, and tells of nothing. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const nowMs = performance.now() - this.#startMs;
    const seconds = Math.floor(nowMs / 1000);
    while (this.#firstS + this.#countsPerS.length < seconds) this.#countsPerS.push(0);
    const over = Math.max(0, seconds - HISTORY_S - this.#firstS);
    this.#countsPerS.splice(0, over);
    this.#firstS += over;
    const countsPerS = this.#countsPerS.slice(0, seconds - this.#firstS);
    const due = nowMs - this.#decidedMs >= 1000 * this.options.intervalS;
    if (seconds > 0 && !this.#held && (due || this.#overtaken(countsPerS))) {
      this.#decidedMs = nowMs;
      await this.#step(countsPerS, nowMs).catch((error) => this.#stays(error));
    }
    if (this.#stopped) return;
    const nextMs = LOOK_MS * (Math.floor((performance.now() - this.#startMs) / LOOK_MS) + 1);
    this.#cancel = after(this.#startMs + nextMs - performance.now(), () => void this.#look());
  }

  async #step(countsPerS: readonly number[], nowMs: number): Promise<void> {
    const { system, predictor } = this.options;
    const plans = { decided: this.#decided, serving: this.executor.plan };
    const step = await adapt(system, predictor, countsPerS, nowMs / 1000, plans);
    const { forecast, plannedPerS } = step;
    if (this.#stopped) return;
    this.#overtaken = (counts) => system.overtaken(forecast, counts);
    this.hooks.onStep({ atMs: nowMs, ...forecast, plannedPerS });
    if (step.interim) {
      this.executor.rebatch(step.interim);
      this.hooks.onSwitch(step.interim);
    }
    if (!step.plan) return;
    this.#decided = step.plan;
    this.#next = step.plan;
    void this.#switch();
  }

  /** Decisions go on meanwhile: of the plans that wait for a switch only the newest follows. */
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
        if (this.#decided === plan) this.#decided = this.executor.plan;
      }
    }
    this.#switching = false;
  }

  #stays(error: unknown): void {
    if (!this.#stopped) this.hooks.onEvent(`the plan stays: ${message(error)}`);
  }
}
