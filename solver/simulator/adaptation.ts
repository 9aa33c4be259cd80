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

/** Between two looks at whether the plan is overtaken. */
const LOOK_MS = 1000;

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

/** A plan on its way: its workers have been started and serve from `atMs` on. */
interface Switch {
  readonly atMs: number;
  readonly plan: Plan;
  readonly start: readonly LiveWorker[];
  readonly retire: readonly string[];
}

class AdaptiveSimulation {
  readonly #input: AdaptationInput;
  readonly #steps: AdaptationStep[] = [];
  readonly #cost: { atMs: number; cost: number }[] = [];
  readonly #pas: { atMs: number; pas: number }[] = [];
  readonly #first: Promise<{ plan: Plan; simulation: Simulation }>;
  /** All that were started and not retired yet, by id. */
  readonly #live = new Map<string, LiveWorker>();
  /** Those of them that no switch on its way will retire. */
  #wanted: LiveWorker[] = [];
  /** By time. */
  readonly #switches: Switch[] = [];
  #started = 0;

  constructor(input: AdaptationInput) {
    this.#input = input;
    this.#first = this.#start();
  }

  async run(): Promise<AdaptationResult> {
    const { system, arrivalsMs, durationS, intervalMs } = this.#input;
    const { plan, simulation } = await this.#first;
    let serving = plan;
    for (let atMs = LOOK_MS; atMs < durationS * 1000; atMs += LOOK_MS) {
      while (this.#switches[0] && this.#switches[0].atMs <= atMs)
        serving = this.#switch(simulation, this.#switches.shift()!);
      simulation.runUntil(atMs);
      const last = this.#steps.at(-1)!;
      const due = atMs - last.atMs >= intervalMs;
      if (due || system.overtaken(last.forecast, countsBefore(arrivalsMs, atMs)))
        await this.#step(simulation, atMs, serving);
    }
    const { requests } = simulation.finish();
    return { requests, steps: this.#steps, cost: this.#cost, pas: this.#pas };
  }

  async #start(): Promise<{ plan: Plan; simulation: Simulation }> {
    const { profile, arrivalsMs, seed } = this.#input;
    const plan = await this.#decide(0, 0, undefined);
    const workers = plan.workers.map((worker) => this.#worker(plan, worker));
    const { scenes, counts } = sceneCounts(profile, plan.stages);
    const simulation = new Simulation({
      policy: policyOf(plan),
      workers: this.#dispatchWorkers(plan, workers),
      arrivalsMs,
      scenes: drawScenes(arrivalsMs.length, scenes, seed),
      counts,
      service: serviceFromProfile(profile, plan.stages),
      seed,
    });
    this.#note(0, plan);
    return { plan, simulation };
  }

  /** Decides, and starts what the plan needs; it may be decided again before that has started. */
  async #step(simulation: Simulation, atMs: number, serving: Plan): Promise<void> {
    const before = this.#steps.at(-1)!.plan;
    const plan = await this.#decide(atMs, simulation.dispatch.open, before);
    if (plan === before) return;
    const change = diff(this.#wanted, plan);
    this.#wanted = this.#wanted.filter(({ id }) => !change.retire.includes(id));
    const startMs = Math.max(0, ...change.start.map((worker) => this.#input.startMs(plan, worker)));
    const start = change.start.map((worker) => this.#worker(plan, worker));
    simulation.dispatch.setPolicy(policyOf(meanwhile(serving, plan)));
    this.#note(atMs, serving);
    // What an earlier switch still starts must not be passed.
    const readyMs = Math.max(atMs + startMs, this.#switches.at(-1)?.atMs ?? 0);
    this.#switches.push({ atMs: readyMs, plan, start, retire: change.retire });
  }

  #switch(simulation: Simulation, { atMs, plan, start, retire }: Switch): Plan {
    const { profile } = this.#input;
    simulation.runUntil(atMs);
    for (const worker of this.#dispatchWorkers(plan, start)) simulation.dispatch.workerAdded(worker);
    simulation.dispatch.setPolicy(policyOf(plan));
    for (const id of retire) {
      simulation.dispatch.workerRetired(id);
      this.#live.delete(id);
    }
    simulation.switchTo({
      counts: sceneCounts(profile, plan.stages).counts,
      service: serviceFromProfile(profile, plan.stages),
    });
    this.#note(atMs, plan);
    return plan;
  }

  async #decide(atMs: number, open: number, current: Plan | undefined): Promise<Plan> {
    const { system, predictor, arrivalsMs } = this.#input;
    const observed = { countsPerS: countsBefore(arrivalsMs, atMs), open };
    const { forecast, plan } = await adapt(system, predictor, observed, current);
    this.#steps.push({ atMs, forecast, plan });
    return plan;
  }

  #worker(plan: Plan, planWorker: PlanWorker): LiveWorker {
    const id = `${planWorker.id}.${this.#started++}`;
    const worker = { id, planWorker, stages: stagesOf(plan, planWorker) };
    this.#live.set(id, worker);
    this.#wanted.push(worker);
    return worker;
  }

  #dispatchWorkers(plan: Plan, live: readonly LiveWorker[]) {
    const workers = live.map(({ id, planWorker }) => ({ id, stages: planWorker.stages }));
    return workersOf({ stages: plan.stages, workers });
  }

  #note(atMs: number, serving: Plan): void {
    const { pricePerCore } = serving.resources;
    const cores = [...this.#live.values()]
      .filter(({ planWorker }) => !onGpu(planWorker.backend))
      .reduce((sum, { planWorker }) => sum + planWorker.threads, 0);
    const gpu = serving.stages
      .filter(({ backend }) => onGpu(backend))
      .reduce((sum, stage) => sum + stage.cost, 0);
    this.#cost.push({ atMs, cost: pricePerCore * cores + gpu });
    this.#pas.push({ atMs, pas: serving.predicted.pas });
  }
}

/** What serves until the workers of a plan have started: its batches where the sessions stay, what there was elsewhere. */
const meanwhile = (serving: Plan, plan: Plan): Plan => ({
  ...plan,
  stages: plan.stages.map((stage, s) => {
    const { sha256, backend, threads } = serving.stages[s]!;
    const stays = stage.sha256 === sha256 && stage.backend === backend && stage.threads === threads;
    return stays ? stage : serving.stages[s]!;
  }),
});
