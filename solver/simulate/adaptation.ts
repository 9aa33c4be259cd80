import { AdaptationClock } from '../adapt/clock.ts';
import type { Predictor } from '../adapt/predictors/predictor.ts';
import type { Step } from '../adapt/step.ts';
import type { System } from '../adapt/system.ts';
import { onGpu } from '../documents/common.ts';
import { cpuCoresOf, type Plan, type PlanWorker } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import type { RequestRecord } from '../documents/run-report.ts';
import { sum } from '../math/statistics.ts';
import type { TimedValue } from '../report/over-time.ts';
import { countsPerSecond } from './arrivals.ts';
import { drawPackItems, packItemCounts } from './fanout.ts';
import { serviceFromProfile } from './service.ts';
import { type PlanAnswered, type PlanModel, type Switch, SwitchingSimulation } from './switching.ts';

export interface AdaptationInput {
  readonly profile: Profile;
  readonly system: System;
  readonly predictor: Predictor;
  /** Scheduled arrivals in rising order. */
  readonly arrivalsMs: Float64Array;
  readonly durationS: number;
  /** Time between two planning decisions, unless the load exceeds its forecast earlier. */
  readonly intervalMs: number;
  /** How long a worker takes to start, from the decision until it serves. */
  readonly startMs: (plan: Plan, worker: PlanWorker) => number;
  readonly seed: number;
  /**
   * The simulation calls this as it advances, and awaits the promise.
   * @param atMs the simulated time that was reached
   */
  onProgress?(atMs: number): Promise<void>;
}

interface AdaptationStep extends Step {
  readonly atMs: number;
}

export interface AdaptationResult {
  readonly requests: readonly RequestRecord[];
  readonly steps: readonly AdaptationStep[];
  /** The plans that served, each with the time at which it began to serve. */
  readonly plans: readonly { readonly atMs: number; readonly plan: Plan }[];
  /** Cost over time: of the cores of all live workers, including those that are starting, and of the serving plan on GPUs. */
  readonly cost: readonly TimedValue[];
  /** The numbers of items that were answered under each plan, in the order of the plans. */
  readonly answered: readonly PlanAnswered[];
}

/** The system makes its first plan as if these first seconds of the load had passed before the simulation starts. */
const FIRST_S = 10;

/**
 * Simulates a load and a system that adapts to it, with the same clock and steps as a real run. Workers of a new plan start
 * while the old ones serve.
 */
export const simulateAdaptation = (input: AdaptationInput): Promise<AdaptationResult> =>
  new AdaptiveSimulation(input).run();

/** A plan whose workers are starting. The plan serves from `atMs` on. */
interface Pending {
  readonly atMs: number;
  readonly change: Switch;
}

class AdaptiveSimulation {
  readonly #steps: AdaptationStep[] = [];
  readonly #plans: { atMs: number; plan: Plan }[] = [];
  readonly #cost: TimedValue[] = [];
  /** The plans whose workers are starting, in the order in which they will serve. */
  readonly #pending: Pending[] = [];

  constructor(private readonly input: AdaptationInput) {}

  async run(): Promise<AdaptationResult> {
    const { system, predictor, arrivalsMs, durationS } = this.input;
    const countsPerS = this.#firstCounts();
    const forecast = await predictor.forecast(countsPerS, 0);
    const first = await system.plan({ forecast, countsPerS }, undefined);
    const clock = new AdaptationClock(this.input, first, forecast);
    const simulation = this.#simulation(first);
    this.#note(0, simulation);
    let arrived = 0;
    for (let atMs = clock.nextCheckMs(0); atMs < durationS * 1000; atMs = clock.nextCheckMs(atMs)) {
      this.#runUntil(simulation, atMs);
      await this.input.onProgress?.(atMs);
      while (arrived < arrivalsMs.length && arrivalsMs[arrived]! < atMs)
        clock.arrived(arrivalsMs[arrived++]!);
      const step = await clock.check(atMs, simulation.serving, simulation.served);
      if (step) this.#take(simulation, atMs, step);
    }
    this.#runUntil(simulation, durationS * 1000);
    const { requests } = simulation.finish();
    const { answered } = simulation;
    return { requests, answered, steps: this.#steps, plans: this.#plans, cost: this.#cost };
  }

  #simulation(first: Plan): SwitchingSimulation {
    const { profile, arrivalsMs, seed } = this.input;
    const { packSize } = packItemCounts(profile, first.stages);
    const model = ({ stages, body }: Plan): PlanModel => ({
      ...packItemCounts(profile, stages),
      service: serviceFromProfile(profile, stages, body),
    });
    return new SwitchingSimulation(first, model, {
      arrivalsMs,
      packItems: drawPackItems(arrivalsMs.length, packSize, seed),
      seed,
    });
  }

  /** Carries out a step. The workers that it starts may not serve yet when the next step comes. */
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
    const startMs = Math.max(0, ...change.start.map((worker) => this.input.startMs(plan, worker.planWorker)));
    // A plan never serves before one that was decided on earlier.
    this.#pending.push({ atMs: Math.max(atMs + startMs, this.#pending.at(-1)?.atMs ?? 0), change });
    this.#runUntil(simulation, atMs);
  }

  /** Simulates until `untilMs`, and switches on the way to every plan whose workers have started. */
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
    const counts = countsPerSecond(this.input.arrivalsMs).slice(0, FIRST_S);
    return Array.from({ length: FIRST_S }, (_, second) => counts[second] ?? 0);
  }

  #note(atMs: number, { live, serving }: SwitchingSimulation): void {
    const cores = cpuCoresOf({ workers: Array.from(live, ({ planWorker }) => planWorker) });
    const gpu = sum(serving.stages.filter(({ backend }) => onGpu(backend)).map(({ cost }) => cost));
    this.#cost.push({ atMs, value: serving.resources.pricePerCore * cores + gpu });
    if (this.#plans.at(-1)?.plan !== serving) this.#plans.push({ atMs, plan: serving });
  }
}
