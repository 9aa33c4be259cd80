import type { Plan } from '../documents/plan.ts';

/** Some kilobytes each. */
const MOST = 1000;

/** Plans that were simulated: who plans on one profile again and again keeps them. Those that were of use last stay. */
export class SimulatedPlans {
  /** The one that was of use last is the last. */
  readonly #plans = new Map<string, Plan>();

  constructor(private readonly most = MOST) {}

  get size(): number {
    return this.#plans.size;
  }

  /** @param id SLA, rate and stages of the plan */
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
