import { type Remote, wrap } from 'comlink';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/plan/errors.ts';
import type { PlanRequest } from '../../solver/plan/options.ts';
import { Lifeline } from '../stage/lifeline.ts';
import type { RawWorker } from '../stage/stage-worker.ts';
import type { Infeasible, Planner, SolvedPlan } from './api.ts';

/** This side of a worker that plans: its errors are whole again. Every call rejects with WorkerLostError once it is gone. */
export class RemotePlanner {
  readonly #api: Remote<Planner>;
  readonly #lifeline: Lifeline;

  constructor(private readonly raw: RawWorker) {
    this.#api = wrap<Planner>(raw.endpoint);
    this.#lifeline = new Lifeline('planner', raw.gone);
  }

  /** One that plans on a profile. Its worker is ended where that cannot be. @throws WorkerLostError */
  static async open(raw: RawWorker, profile: Profile): Promise<RemotePlanner> {
    const planner = new RemotePlanner(raw);
    try {
      await planner.offer(profile);
    } catch (error) {
      planner.close();
      throw error;
    }
    return planner;
  }

  /** The profile that is planned with from now on. @throws WorkerLostError */
  offer(profile: Profile): Promise<void> {
    return this.#lifeline.call(this.#api.offer(profile));
  }

  /** @throws NothingMeasuredError, InfeasiblePlanError, WorkerLostError */
  async planAt(request: PlanRequest): Promise<Plan> {
    return feasible(await this.#lifeline.call(this.#api.plan(request)));
  }

  /**
   * What the program alone chooses: within milliseconds, before anything is simulated.
   * @throws NothingMeasuredError, InfeasiblePlanError, WorkerLostError
   */
  async solve(request: PlanRequest): Promise<SolvedPlan> {
    return feasible(await this.#lifeline.call(this.#api.solve(request)));
  }

  /** @throws NothingMeasuredError, FrontierTooLargeError, WorkerLostError */
  async frontier(request: PlanRequest): Promise<FrontierPoint[]> {
    const answer = await this.#lifeline.call(this.#api.frontier(request));
    if (answer.ok) return answer.ok;
    throw new FrontierTooLargeError(answer.tooLarge.stage, answer.tooLarge.most);
  }

  /** Ends the worker; calls that wait reject. */
  close(): void {
    this.#lifeline.cut('it was ended');
    this.raw.terminate();
  }
}

function feasible<T>(answer: { readonly ok: T } | { readonly infeasible: Infeasible }): T {
  if ('ok' in answer) return answer.ok;
  const { request, binding, nearestSlaMs, nearestRatePerS } = answer.infeasible;
  throw new InfeasiblePlanError(request, binding, nearestSlaMs, nearestRatePerS);
}
