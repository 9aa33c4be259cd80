import { adapt, type System } from '../../solver/adaptation/system.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Adaptation } from '../../solver/documents/report.ts';
import type { Predictor } from '../../solver/predictors/predictor.ts';
import { message } from '../errors.ts';
import { after } from './clock.ts';
import type { Executor } from './executor.ts';

export interface AdaptationOptions {
  readonly system: System;
  readonly predictor: Predictor;
  /** Between two decisions. */
  readonly intervalS: number;
}

/** Between two looks at whether the plan is overtaken. */
const LOOK_MS = 1000;

/** Follows the load of a running executor: counts arrivals, decides every interval, and switches. */
export class Adapter {
  readonly steps: Adaptation['steps'] = [];
  readonly #startMs = performance.now();
  /** Requests of each second so far, the current one too. */
  readonly #countsPerS: number[] = [];
  #cancel: () => void;
  #stopped = false;
  #decidedMs = 0;
  #overtaken: (countsPerS: readonly number[]) => boolean = () => false;

  constructor(
    private readonly options: AdaptationOptions,
    private readonly executor: Executor,
    private readonly hooks: { onSwitch(plan: Plan): void; onEvent(what: string): void },
  ) {
    this.#cancel = after(LOOK_MS, () => void this.#look());
  }

  /** A request arrived. @param arrivalMs from the start of the run */
  arrived(arrivalMs: number): void {
    const second = Math.floor(arrivalMs / 1000);
    while (this.#countsPerS.length <= second) this.#countsPerS.push(0);
    this.#countsPerS[second]!++;
  }

  /** Decides nothing any more, and tells of nothing. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const nowMs = performance.now() - this.#startMs;
    const seconds = Math.floor(nowMs / 1000);
    while (this.#countsPerS.length < seconds) this.#countsPerS.push(0);
    const countsPerS = this.#countsPerS.slice(0, seconds);
    const due = nowMs - this.#decidedMs >= 1000 * this.options.intervalS;
    if (seconds > 0 && (due || this.#overtaken(countsPerS))) {
      this.#decidedMs = nowMs;
      await this.#step(countsPerS, nowMs).catch((error) => {
        if (!this.#stopped) this.hooks.onEvent(`the plan stays: ${message(error)}`);
      });
    }
    if (this.#stopped) return;
    const nextMs = LOOK_MS * (Math.floor((performance.now() - this.#startMs) / LOOK_MS) + 1);
    this.#cancel = after(this.#startMs + nextMs - performance.now(), () => void this.#look());
  }

  async #step(countsPerS: readonly number[], nowMs: number): Promise<void> {
    const { system, predictor } = this.options;
    const { plan: current } = this.executor;
    const plans = { decided: current, serving: current };
    const step = await adapt(system, predictor, countsPerS, nowMs / 1000, plans);
    const { forecast, plannedPerS } = step;
    if (this.#stopped) return;
    this.#overtaken = (counts) => system.overtaken(forecast, counts);
    this.steps.push({ atMs: nowMs, ...forecast, plannedPerS });
    for (const plan of [step.interim, step.plan]) {
      if (this.#stopped) return;
      if (!plan) continue;
      await this.executor.switchTo(plan);
      // An executor that was closed meanwhile has not switched.
      if (!this.#stopped) this.hooks.onSwitch(plan);
    }
  }
}
