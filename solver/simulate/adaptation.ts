import { HISTORY_S, type Predictor } from '../adapt/predictors/predictor.ts';
import { adapt, type Step, type System } from '../adapt/system.ts';
import { onGpu } from '../documents/common.ts';
import type { Plan, PlanWorker } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import type { RequestRecord } from '../documents/report.ts';
import type { Held } from '../report/over-time.ts';
import { countsPerSecond } from './arrivals.ts';
import { drawScenes, sceneCounts } from './fanout.ts';
import { serviceFromProfile } from './service.ts';
import { type PlanModel, type Switch, SwitchingSimulation } from './switching.ts';

export interface AdaptationInput {
  readonly profile: Profile;
  readonly system: System;
  readonly predictor: Predictor;
  /** Scheduled arrivals, rising. */
  readonly arrivalsMs: Float64Array;
  readonly durationS: number;
  /** Between two decisions. */
  readonly intervalMs: number;
  /** From a decision until the workers that it starts serve. */
  readonly startMs: (plan: Plan, worker: PlanWorker) => number;
  readonly seed: number;
  /** @param atMs how far it has come */
  onProgress?(atMs: number): void;
}

/** One decision. */
export interface AdaptationStep extends Step {
  readonly atMs: number;
}

export interface AdaptationResult {
  readonly requests: readonly RequestRecord[];
  readonly steps: readonly AdaptationStep[];
  /** Each from when it served. */
  readonly plans: readonly { readonly atMs: number; readonly plan: Plan }[];
  /** Of the workers there were. Those that start cost too. */
  readonly cost: readonly Held[];
  /** Of what served. */
  readonly pas: readonly Held[];
}

/** Seconds of the load that are known before it begins. */
const FIRST_S = 10;

/** Between two looks at whether the plan is overtaken. */
const LOOK_MS = 1000;

/**
 * A load under a system that adapts to it: every interval the counts seen so far go through the predictor to the system, and
 * from its plan to the dispatch. Workers of a new plan start while the old ones serve.
 */
export const simulateAdaptation = (input: AdaptationInput): Promise<AdaptationResult> =>
  new AdaptiveSimulation(input).run();

/** A plan on its way: its workers have been started and serve from `atMs` on. */
interface Pending {
  readonly atMs: number;
  readonly change: Switch;
}

class AdaptiveSimulation {
  readonly #input: AdaptationInput;
  readonly #steps: AdaptationStep[] = [];
  readonly #plans: { atMs: number; plan: Plan }[] = [];
  readonly #cost: Held[] = [];
  readonly #pas: Held[] = [];
  readonly #countsPerS: readonly number[];
  #decided: Plan | undefined;
  /** By time. */
  readonly #pending: Pending[] = [];

  constructor(input: AdaptationInput) {
    this.#input = input;
    this.#countsPerS = countsPerSecond(input.arrivalsMs);
  }

  async run(): Promise<AdaptationResult> {
    const { system, predictor, durationS, intervalMs } = this.#input;
    const countsPerS = this.#countsBefore(0);
    const forecast = await predictor.forecast(countsPerS, 0);
    const first = await system.plan({ forecast, countsPerS }, undefined);
    this.#decided = first;
    const simulation = this.#simulation(first);
    this.#note(0, simulation);
    for (let atMs = LOOK_MS; atMs < durationS * 1000; atMs += LOOK_MS) {
      this.#runUntil(simulation, atMs);
      this.#input.onProgress?.(atMs);
      const last = this.#steps.at(-1);
      const due = atMs - (last?.atMs ?? 0) >= intervalMs;
      if (due || system.overtaken(last?.forecast ?? forecast, this.#countsBefore(atMs)))
        await this.#step(simulation, atMs);
    }
    this.#runUntil(simulation, durationS * 1000);
    const { requests } = simulation.finish();
    return { requests, steps: this.#steps, plans: this.#plans, cost: this.#cost, pas: this.#pas };
  }

  #simulation(first: Plan): SwitchingSimulation {
    const { profile, arrivalsMs, seed } = this.#input;
    const { scenes } = sceneCounts(profile, first.stages);
    const model = ({ stages }: Plan): PlanModel => ({
      counts: sceneCounts(profile, stages).counts,
      service: serviceFromProfile(profile, stages),
    });
    return new SwitchingSimulation(first, model, {
      arrivalsMs,
      scenes: drawScenes(arrivalsMs.length, scenes, seed),
      seed,
    });
  }

  /** Decides, and starts what the plans need; it may be decided again before that has started. */
  async #step(simulation: SwitchingSimulation, atMs: number): Promise<void> {
    const { system, predictor } = this.#input;
    const plans = { decided: this.#decided!, serving: simulation.serving };
    const step = await adapt(system, predictor, this.#countsBefore(atMs), atMs / 1000, plans);
    this.#steps.push({ atMs, ...step });
    if (step.interim) {
      simulation.rebatch(step.interim);
      this.#note(atMs, simulation);
    }
    if (step.plan) this.#follow(simulation, atMs, step.plan);
  }

  #follow(simulation: SwitchingSimulation, atMs: number, plan: Plan): void {
    const change = simulation.prepare(plan);
    this.#note(atMs, simulation);
    const startMs = Math.max(
      0,
      ...change.start.map((worker) => this.#input.startMs(plan, worker.planWorker)),
    );
    // Never before one that was decided earlier.
    this.#pending.push({ atMs: Math.max(atMs + startMs, this.#pending.at(-1)?.atMs ?? 0), change });
    this.#decided = plan;
    this.#runUntil(simulation, atMs);
  }

  /** Lets the plans serve whose workers start until then. */
  #runUntil(simulation: SwitchingSimulation, untilMs: number): void {
    while (this.#pending[0] && this.#pending[0].atMs <= untilMs) {
      const { atMs, change } = this.#pending.shift()!;
      simulation.runUntil(atMs);
      simulation.switchTo(change);
      this.#note(atMs, simulation);
    }
    simulation.runUntil(untilMs);
  }

  /** Of the seconds before; at the start, as if it had been before what it is at first: something must be known. */
  #countsBefore(atMs: number): number[] {
    const seconds = Math.floor(atMs / 1000) || FIRST_S;
    const counts = this.#countsPerS.slice(Math.max(0, seconds - HISTORY_S), seconds);
    while (counts.length < Math.min(seconds, HISTORY_S)) counts.push(0);
    return counts;
  }

  #note(atMs: number, { live, serving }: SwitchingSimulation): void {
    const cores = [...live]
      .filter(({ planWorker }) => !onGpu(planWorker.backend))
      .reduce((sum, { planWorker }) => sum + planWorker.threads, 0);
    const gpu = serving.stages
      .filter(({ backend }) => onGpu(backend))
      .reduce((sum, stage) => sum + stage.cost, 0);
    this.#cost.push({ atMs, value: serving.resources.pricePerCore * cores + gpu });
    this.#pas.push({ atMs, value: serving.predicted.pas });
    if (this.#plans.at(-1)?.plan !== serving) this.#plans.push({ atMs, plan: serving });
  }
}
