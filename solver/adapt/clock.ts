import type { Plan } from '../documents/plan.ts';
import { type Forecast, HISTORY_S, type Predictor } from './predictors/predictor.ts';
import { adaptationStep, type Step } from './step.ts';
import type { System } from './system.ts';

/** Time between two looks at the load. */
export const LOOK_MS = 1000;

export interface AdaptationClockOptions {
  readonly system: System;
  readonly predictor: Predictor;
  /** Between two decisions. */
  readonly intervalMs: number;
}

/**
 * Decides when to plan again: every interval, and at the next look when a second brought more requests than the forecast
 * foresaw. The clock has no timer. Its owner (the adapter of a run, or the simulator) tells it what arrived and what time it
 * is, and carries out the steps it answers with. All times count from the start of the load.
 */
export class AdaptationClock {
  /** Requests of each second from `#firstS` on, the current second too. Seconds that no predictor reads are dropped. */
  readonly #countsPerS: number[] = [];
  #firstS = 0;
  #lastDecisionMs = 0;
  #held = false;
  #decided: Plan;

  /**
   * @param first the plan that serves at the start
   * @param forecast what `first` was planned for; undefined: the first decision comes after one interval
   */
  constructor(
    private readonly options: AdaptationClockOptions,
    first: Plan,
    private forecast?: Forecast,
  ) {
    this.#decided = first;
  }

  /** Counts a request. */
  arrived(arrivalMs: number): void {
    const second = Math.floor(arrivalMs / 1000) - this.#firstS;
    if (second < 0) return;
    while (this.#countsPerS.length <= second) this.#countsPerS.push(0);
    this.#countsPerS[second]!++;
  }

  /** While held, the clock decides nothing: arrivals are not known. They may still be told later. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** When to look next: at the next whole second. */
  nextLookMs(nowMs: number): number {
    return LOOK_MS * (Math.floor(nowMs / LOOK_MS) + 1);
  }

  /**
   * Looks at the load, and decides where a decision is due.
   * @param serving the plan that serves now; it differs from the plan that was decided on last while the workers of that plan start
   * @returns undefined where no decision is due
   * @throws what the predictor and the system throw; the next decision is due one interval later
   */
  async look(nowMs: number, serving: Plan): Promise<Step | undefined> {
    const countsPerS = this.#wholeSeconds(nowMs);
    if (this.#held || countsPerS.length === 0 || !this.#isDue(nowMs, countsPerS)) return undefined;
    this.#lastDecisionMs = nowMs;
    const { system, predictor } = this.options;
    const plans = { decided: this.#decided, serving };
    const step = await adaptationStep(system, predictor, countsPerS, nowMs / 1000, plans);
    this.forecast = step.forecast;
    if (step.plan) this.#decided = step.plan;
    return step;
  }

  /** The workers of a plan could not be started: later decisions compare with the plan that serves. */
  failed(plan: Plan, serving: Plan): void {
    if (this.#decided === plan) this.#decided = serving;
  }

  #isDue(nowMs: number, countsPerS: readonly number[]): boolean {
    if (nowMs - this.#lastDecisionMs >= this.options.intervalMs) return true;
    return this.forecast !== undefined && this.options.system.overtaken(this.forecast, countsPerS);
  }

  /** Requests of the last whole seconds, at most {@link HISTORY_S}; a second without requests counts 0. */
  #wholeSeconds(nowMs: number): number[] {
    const seconds = Math.floor(nowMs / 1000);
    while (this.#firstS + this.#countsPerS.length < seconds) this.#countsPerS.push(0);
    const old = Math.max(0, seconds - HISTORY_S - this.#firstS);
    this.#countsPerS.splice(0, old);
    this.#firstS += old;
    return this.#countsPerS.slice(0, seconds - this.#firstS);
  }
}
