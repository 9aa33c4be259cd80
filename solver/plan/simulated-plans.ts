import type { Plan } from '../documents/plan.ts';

/** Number of plans that the cache keeps; each takes some kilobytes. */
const MOST = 1000;

/** A cache of the plans simulated on one profile, so that none is simulated twice. It drops the least recently used. */
export class SimulatedPlans {
  /** The plans in the order of their last use. */
  readonly #plans = new Map<string, Plan>();

  constructor(private readonly most = MOST) {}

  get size(): number {
    return this.#plans.size;
  }

  /** @param id the plan's SLA, rate and stages, as text */
  get(id: string): Plan | undefined {
    const plan = this.#plans.get(id);
    if (plan) this.set(id, plan);
    return plan;
  }

  set(id: string, plan: Plan): void {
    this.#plans.delete(id);
    this.#plans.set(id, plan);
    if (this.#plans.size > this.most) this.#plans.delete(this.#plans.keys().next().value!);
  }
}
