import { AdaptationClock } from '../adapt/clock.ts';
import type { Predictor } from '../adapt/predictors/predictor.ts';
import type { Step } from '../adapt/step.ts';
import type { System } from '../adapt/system.ts';
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

/** The first plan is made as if these seconds of the load had been before it: something must be known. */
const FIRST_S = 10;

/**
 * A load under a system that adapts to it, by the same clock and steps as a run. Workers of a new plan start while the old
 * ones serve.
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
  /** By time. */
  readonly #pending: Pending[] = [];

  constructor(input: AdaptationInput) {
    this.#input = input;
  }

  async run(): Promise<AdaptationResult> {
    const { system, predictor, arrivalsMs, durationS } = this.#input;
    const countsPerS = this.#firstCounts();
    const forecast = await predictor.forecast(countsPerS, 0);
    const first = await system.plan({ forecast, countsPerS }, undefined);
    const clock = new AdaptationClock(this.#input, first, forecast);
    const simulation = this.#simulation(first);
    this.#note(0, simulation);
    let arrived = 0;
    for (let atMs = clock.nextLookMs(0); atMs < durationS * 1000; atMs = clock.nextLookMs(atMs)) {
      this.#runUntil(simulation, atMs);
      this.#input.onProgress?.(atMs);
      while (arrived < arrivalsMs.length && arrivalsMs[arrived]! < atMs)
        clock.arrived(arrivalsMs[arrived++]!);
      const step = await clock.look(atMs, simulation.serving);
      if (step) this.#take(simulation, atMs, step);
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

  /** Carries out a step: starts the workers that its plan needs. The next step may come before they have started. */
  #take(simulation: SwitchingSimulation, atMs: number, step: Step): void {
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

  #firstCounts(): number[] {
    const counts = countsPerSecond(this.#input.arrivalsMs).slice(0, FIRST_S);
    return Array.from({ length: FIRST_S }, (_, second) => counts[second] ?? 0);
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
