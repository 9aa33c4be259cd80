import type { LiveWorker } from '../adapt/diff.ts';
import { LiveWorkers } from '../adapt/live-workers.ts';
import { policyOf, workersOf } from '../dispatch/plan.ts';
import type { Served } from '../dispatch/types.ts';
import type { Plan } from '../documents/plan.ts';
import type { ItemFlow } from './fanout.ts';
import { type Answered, Simulation, type SimulationInput, type SimulationResult } from './simulate.ts';

/** The parts of a simulation's input that depend on the plan that serves. */
export type PlanModel = Pick<SimulationInput, 'service' | keyof ItemFlow>;

/** The change to a new plan, whose workers are starting. */
export interface Switch {
  readonly plan: Plan;
  readonly start: readonly LiveWorker[];
  readonly retire: readonly string[];
}

/** The numbers of items that were answered while one plan served. */
export interface PlanAnswered extends Answered {
  readonly plan: Plan;
}

export class SwitchingSimulation {
  readonly #simulation: Simulation;
  readonly #model: (plan: Plan) => PlanModel;
  /** All workers that were started and have not retired, by id. */
  readonly #live = new Map<string, LiveWorker>();
  /** The live workers that no prepared switch will retire. */
  readonly #wanted = new LiveWorkers();
  readonly #ended: PlanAnswered[] = [];
  /** The numbers of items that had been answered when the serving plan began to serve. */
  #before: Answered;
  #serving: Plan;

  /** @param plan the plan that serves from the start */
  constructor(
    plan: Plan,
    model: (plan: Plan) => PlanModel,
    load: Pick<SimulationInput, 'arrivalsMs' | 'packItems' | 'seed'>,
  ) {
    this.#serving = plan;
    this.#model = model;
    const { start } = this.prepare(plan);
    this.#simulation = new Simulation({
      ...load,
      ...model(plan),
      policy: policyOf(plan),
      workers: dispatchWorkers(plan, start),
    });
    this.#before = this.#simulation.answered;
  }

  get serving(): Plan {
    return this.#serving;
  }

  get live(): Iterable<LiveWorker> {
    return this.#live.values();
  }

  get served(): Served {
    return this.#simulation.dispatch.served;
  }

  /** The numbers of items that were answered under each plan, in the order of the plans. */
  get answered(): PlanAnswered[] {
    return [...this.#ended, this.#sinceSwitch(this.#simulation.answered)];
  }

  runUntil(untilMs: number): void {
    this.#simulation.runUntil(untilMs);
  }

  finish(): SimulationResult {
    return this.#simulation.finish();
  }

  /** Starts the workers that a plan needs, and returns the switch to that plan. */
  prepare(plan: Plan): Switch {
    const { start, retire } = this.#wanted.follow(plan);
    for (const worker of start) this.#live.set(worker.id, worker);
    return { plan, start, retire };
  }

  /** Changes the batch sizes of the sessions that serve. */
  rebatch(plan: Plan): void {
    this.#simulation.dispatch.setPolicy(policyOf(plan));
    this.#serve(plan);
  }

  /** Makes a prepared plan serve. Plans must serve in the order in which they were prepared. */
  switchTo({ plan, start, retire }: Switch): void {
    const { dispatch } = this.#simulation;
    for (const worker of dispatchWorkers(plan, start)) dispatch.workerAdded(worker);
    dispatch.setPolicy(policyOf(plan));
    for (const id of retire) {
      dispatch.workerRetired(id);
      this.#live.delete(id);
    }
    this.#simulation.switchTo(this.#model(plan));
    this.#serve(plan);
  }

  #sinceSwitch(now: Answered): PlanAnswered {
    const since = (of: keyof Answered) => now[of].map((items, i) => items - this.#before[of][i]!);
    return { plan: this.#serving, items: since('items'), settled: since('settled') };
  }

  #serve(plan: Plan): void {
    const now = this.#simulation.answered;
    this.#ended.push(this.#sinceSwitch(now));
    this.#before = now;
    this.#serving = plan;
  }
}

const dispatchWorkers = (plan: Plan, live: readonly LiveWorker[]) =>
  workersOf({
    stages: plan.stages,
    workers: live.map(({ id, planWorker }) => ({ id, stages: planWorker.stages })),
  });
