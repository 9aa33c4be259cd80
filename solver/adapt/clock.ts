import type { Served } from '../dispatch/types.ts';
import type { Plan } from '../documents/plan.ts';
import { type Forecast, HISTORY_S, type Predictor } from './predictors/predictor.ts';
import { adaptationStep, type Step } from './step.ts';
import type { System } from './system.ts';

/** Time between two checks of the load by {@link AdaptationClock.check}. */
export const CHECK_MS = 1000;

/** Requests count as recently served if they ended within this many checks (20 minutes). */
const LATELY = 1200;

interface AdaptationClockOptions {
  readonly system: System;
  readonly predictor: Predictor;
  /** Time between two planning decisions, unless the load exceeds its forecast earlier. */
  readonly intervalMs: number;
}

/**
 * Decides when to plan again: once per interval, and at the next check after a second that brought more requests than the
 * forecast. The clock has no timer of its own. Its owner (the adapter of a run, or the simulator) reports arrivals and the
 * time, and carries out the steps that the clock returns. All times count from the start of the load.
 */
export class AdaptationClock {
  /** Request counts of the seconds from `#firstS` to the current one. Seconds too old for any predictor are dropped. */
  readonly #countsPerS: number[] = [];
  #firstS = 0;
  #lastDecisionMs = 0;
  #knownMs = Number.POSITIVE_INFINITY;
  /** Number of whole seconds whose arrivals were known at the last check. */
  #checkedS = 0;
  /** Counts of open, ended and missed requests at each of the last {@link LATELY} checks, the oldest first. */
  readonly #served: Served[];
  #decided: Plan;

  /**
   * @param first the plan that serves at the start
   * @param forecast the forecast that `first` was made for; if undefined, the first decision comes after one interval
   * @param served counts of the requests before the load began
   */
  constructor(
    private readonly options: AdaptationClockOptions,
    first: Plan,
    private forecast: Forecast | undefined = undefined,
    served: Served = { open: 0, ended: 0, missed: 0 },
  ) {
    this.#decided = first;
    this.#served = [served];
  }

  /** Counts a request. @param arrivalMs its arrival, from the start of the load */
  arrived(arrivalMs: number): void {
    const second = Math.floor(arrivalMs / 1000) - this.#firstS;
    if (second < 0) return;
    while (this.#countsPerS.length <= second) this.#countsPerS.push(0);
    this.#countsPerS[second]!++;
  }

  /**
   * Says until when the owner has reported all arrivals, for an owner that reads them only now and then. Decisions leave out
   * later seconds, and wait until another whole second is known. Without a call, every arrival counts as reported when it comes.
   * @param untilMs a time from the start of the load
   */
  known(untilMs: number): void {
    this.#knownMs = untilMs;
  }

  /** Time of the next call of {@link check}: the next whole second. */
  nextCheckMs(nowMs: number): number {
    return CHECK_MS * (Math.floor(nowMs / CHECK_MS) + 1);
  }

  /**
   * Checks the load and, if a decision is due, makes it.
   * @param serving the plan that serves now; while the workers of a new plan are starting, this is still the old plan
   * @param served counts of the requests so far; absent if unknown
   * @returns undefined if no decision is due
   * @throws errors of the predictor and the system; the next decision is then due one interval later
   */
  async check(nowMs: number, serving: Plan, served?: Served): Promise<Step | undefined> {
    const countsPerS = this.#wholeSeconds(Math.min(nowMs, this.#knownMs));
    const lately = served && this.#lately(served);
    const knownS = this.#firstS + countsPerS.length;
    const isSecondNew = knownS > this.#checkedS;
    this.#checkedS = knownS;
    if (!isSecondNew || !this.#isDue(nowMs, countsPerS)) return undefined;
    // Timers fire some milliseconds late. If the interval began at such a late moment, the next decision would often come one
    // check too late.
    this.#lastDecisionMs = CHECK_MS * Math.floor(nowMs / CHECK_MS);
    const { system, predictor } = this.options;
    const plans = { decided: this.#decided, serving };
    // Without a forecast, no load is more than forecast (`#isDue`): after a failure, the next decision comes an interval later.
    this.forecast = undefined;
    const step = await adaptationStep(system, predictor, countsPerS, nowMs / 1000, plans, lately);
    this.forecast = step.forecast;
    if (step.plan) this.#decided = step.plan;
    return step;
  }

  /** Forgets a plan whose workers could not start, so that later decisions compare with the plan that serves. */
  failed(plan: Plan, serving: Plan): void {
    if (this.#decided === plan) this.#decided = serving;
  }

  #lately(served: Served): Served {
    const [before] = this.#served;
    this.#served.push(served);
    if (this.#served.length > LATELY) this.#served.shift();
    const { open, ended, missed } = served;
    return { open, ended: ended - before!.ended, missed: missed - before!.missed };
  }

  #isDue(nowMs: number, countsPerS: readonly number[]): boolean {
    if (nowMs - this.#lastDecisionMs >= this.options.intervalMs) return true;
    return this.forecast !== undefined && this.options.system.overtaken(this.forecast, countsPerS);
  }

  /** Request counts of the last whole seconds, at most {@link HISTORY_S} of them; a second without requests counts 0. */
  #wholeSeconds(untilMs: number): number[] {
    const seconds = Math.floor(untilMs / 1000);
    while (this.#firstS + this.#countsPerS.length < seconds) this.#countsPerS.push(0);
    const old = Math.max(0, seconds - HISTORY_S - this.#firstS);
    this.#countsPerS.splice(0, old);
    this.#firstS += old;
    return this.#countsPerS.slice(0, seconds - this.#firstS);
  }
}
