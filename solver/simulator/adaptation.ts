import { diff, type LiveWorker, stagesOf } from '../adaptation/diff.ts';
import { adapt, type System } from '../adaptation/system.ts';
import { policyOf, workersOf } from '../dispatch/plan.ts';
import { onGpu } from '../documents/common.ts';
import type { Plan, PlanWorker } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import type { RequestRecord } from '../documents/report.ts';
import type { Forecast, Predictor } from '../predictors/predictor.ts';
import { drawScenes, sceneCounts } from './fanout.ts';
import { serviceFromProfile } from './service.ts';
import { Simulation } from './simulate.ts';

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
}

/** One decision, and what was held and served until the next. */
export interface AdaptationStep {
  readonly atMs: number;
  readonly forecast: Forecast;
  readonly plan: Plan;
}

export interface AdaptationResult {
  readonly requests: readonly RequestRecord[];
  /** The first is what served from the start. */
  readonly steps: readonly AdaptationStep[];
  /** Cost of the workers there were, in steps: from `atMs` on. Those that start or drain cost too. */
  readonly cost: readonly { readonly atMs: number; readonly cost: number }[];
  /** Product of the accuracies of what served, from `atMs` on. */
  readonly pas: readonly { readonly atMs: number; readonly pas: number }[];
}

/** Requests that arrived in each whole second before `nowMs`; the first second's where none has passed. */
export function countsBefore(arrivalsMs: ArrayLike<number>, nowMs: number): number[] {
  const seconds = Math.max(1, Math.floor(nowMs / 1000));
  const counts = Array<number>(seconds).fill(0);
  for (let i = 0; i < arrivalsMs.length && arrivalsMs[i]! < seconds * 1000; i++)
    counts[Math.floor(arrivalsMs[i]! / 1000)]!++;
  return counts;
}

/**
 * A load under a system that adapts to it: every interval the counts seen so far go through the predictor to the system, and
 * from its plan to the dispatch. Workers of a new plan start while the old ones serve.
 */
export const simulateAdaptation = (input: AdaptationInput): Promise<AdaptationResult> =>
  new AdaptiveSimulation(input).run();

class AdaptiveSimulation {
  readonly #input: AdaptationInput;
  readonly #steps: AdaptationStep[] = [];
  readonly #cost: { atMs: number; cost: number }[] = [];
  readonly #pas: { atMs: number; pas: number }[] = [];
  #live: LiveWorker[] = [];
  #started = 0;

  constructor(input: AdaptationInput) {
    this.#input = input;
  }

  async run(): Promise<AdaptationResult> {
    const { profile, arrivalsMs, durationS, intervalMs, seed } = this.#input;
    const first = await this.#decide(0, undefined);
    this.#live = first.workers.map((worker) => this.#worker(first, worker));
    const { scenes, counts } = sceneCounts(profile, first.stages);
    const simulation = new Simulation({
      policy: policyOf(first),
      workers: this.#dispatchWorkers(first, this.#live),
      arrivalsMs,
      scenes: drawScenes(arrivalsMs.length, scenes, seed),
      counts,
      service: serviceFromProfile(profile, first.stages),
      seed,
    });
    this.#note(0, first);
    let serving = first;
    for (let atMs = intervalMs; atMs < durationS * 1000; atMs += intervalMs) {
      simulation.runUntil(atMs);
      serving = await this.#step(simulation, atMs, serving);
    }
    const { requests } = simulation.finish();
    return { requests, steps: this.#steps, cost: this.#cost, pas: this.#pas };
  }

  /** Decides and switches; the simulation has run until the new plan serves. */
  async #step(simulation: Simulation, atMs: number, serving: Plan): Promise<Plan> {
    const plan = await this.#decide(atMs, serving);
    if (plan === serving) return serving;
    const { profile, startMs } = this.#input;
    const change = diff(this.#live, plan);
    const started = change.start.map((worker) => this.#worker(plan, worker));
    this.#live.push(...started);
    this.#note(atMs, serving);
    const readyMs = Math.max(0, ...change.start.map((worker) => startMs(plan, worker)));
    if (readyMs > 0) simulation.runUntil(atMs + readyMs);
    for (const worker of this.#dispatchWorkers(plan, started)) simulation.dispatch.workerAdded(worker);
    simulation.dispatch.setPolicy(policyOf(plan));
    for (const id of change.retire) simulation.dispatch.workerRetired(id);
    simulation.switchTo({
      counts: sceneCounts(profile, plan.stages).counts,
      service: serviceFromProfile(profile, plan.stages),
    });
    this.#live = this.#live.filter(({ id }) => !change.retire.includes(id));
    this.#note(atMs + readyMs, plan);
    return plan;
  }

  async #decide(atMs: number, current: Plan | undefined): Promise<Plan> {
    const { system, predictor, arrivalsMs } = this.#input;
    const { forecast, plan } = await adapt(system, predictor, countsBefore(arrivalsMs, atMs), current);
    this.#steps.push({ atMs, forecast, plan });
    return plan;
  }

  #worker(plan: Plan, planWorker: PlanWorker): LiveWorker {
    return { id: `${planWorker.id}.${this.#started++}`, planWorker, stages: stagesOf(plan, planWorker) };
  }

  #dispatchWorkers(plan: Plan, live: readonly LiveWorker[]) {
    const workers = live.map(({ id, planWorker }) => ({ id, stages: planWorker.stages }));
    return workersOf({ stages: plan.stages, workers });
  }

  #note(atMs: number, serving: Plan): void {
    const { pricePerCore } = serving.resources;
    const cores = this.#live
      .filter(({ planWorker }) => !onGpu(planWorker.backend))
      .reduce((sum, { planWorker }) => sum + planWorker.threads, 0);
    const gpu = serving.stages
      .filter(({ backend }) => onGpu(backend))
      .reduce((sum, stage) => sum + stage.cost, 0);
    this.#cost.push({ atMs, cost: pricePerCore * cores + gpu });
    this.#pas.push({ atMs, pas: serving.predicted.pas });
  }
}
