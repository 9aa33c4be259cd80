import type { SimulatedPlan } from './simulated-plan.ts';

/** Number of plans that the cache keeps; each takes some kilobytes. */
const PLANS_MAX = 1000;

/** A cache of the plans simulated on one profile, so that none is simulated twice. It drops the least recently used. */
export class SimulatedPlans {
  /** The plans in the order of their last use. */
  readonly #plans = new Map<string, SimulatedPlan>();

  constructor(private readonly most = PLANS_MAX) {}

  get size(): number {
    return this.#plans.size;
  }

  /**
   * Returns the plan with an id, or makes it if the cache does not have it.
   * @param id all that simulation depends on, as text
   */
  get(id: string, make: () => SimulatedPlan): SimulatedPlan {
    const plan = this.#plans.get(id) ?? make();
    this.#plans.delete(id);
    this.#plans.set(id, plan);
    if (this.#plans.size > this.most) this.#plans.delete(this.#plans.keys().next().value!);
    return plan;
  }
}
