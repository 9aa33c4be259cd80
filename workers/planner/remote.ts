import { type Remote, wrap } from 'comlink';
import { checkRequest, type Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/plan/errors.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { WorkerLostError } from '../runtime/errors.ts';
import { Lifeline } from '../stage/lifeline.ts';
import type { RawWorker } from '../stage/stage-worker.ts';
import type { SolvedPlan } from './planner.ts';
import type { PlannerService, Reply } from './service.ts';

interface PlannerWorker {
  readonly api: Remote<PlannerService>;
  readonly lifeline: Lifeline;
  /** The profile that the worker has. Profiles are large, so a call sends its profile only if the worker has another one. */
  offered?: IdentifiedProfile;
}

/**
 * A planner in a worker of its own, which plans on any profile. The first call starts the worker, and so does the first call
 * after the worker hung or was lost otherwise. Calls run one after the other, so that each plans on the profile that it
 * sent to the worker.
 */
export class RemotePlanner {
  #worker: PlannerWorker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(private readonly start: () => RawWorker) {}

  /**
   * The best plan. Its `predicted` says whether the plan keeps the SLA in the simulation.
   * @param request whole, as `planRequest` makes it
   * @throws InvalidDocumentError, NothingMeasuredError, NoAccuracyError, InfeasiblePlanError, WorkerLostError
   */
  async plan(measured: IdentifiedProfile, request: PlanRequest): Promise<Plan> {
    return this.#call(measured, request, (api) => api.plan(request));
  }

  /**
   * The choice of the integer program alone. It takes milliseconds, because nothing is simulated.
   * @throws InvalidDocumentError, NothingMeasuredError, NoAccuracyError, InfeasiblePlanError, WorkerLostError
   */
  async solve(measured: IdentifiedProfile, request: PlanRequest): Promise<SolvedPlan> {
    return this.#call(measured, request, (api) => api.solve(request));
  }

  /**
   * The Pareto frontier of accuracy, cost and latency bound.
   * @throws InvalidDocumentError, NothingMeasuredError, NoAccuracyError, FrontierTooLargeError, WorkerLostError
   */
  async frontier(measured: IdentifiedProfile, request: PlanRequest): Promise<FrontierPoint[]> {
    return this.#call(measured, request, (api) => api.frontier(request));
  }

  /** Ends the worker. Waiting and later calls reject with WorkerLostError. */
  close(): void {
    this.#closed = true;
    this.#worker?.lifeline.end('it was ended');
  }

  #call<T>(
    measured: IdentifiedProfile,
    request: PlanRequest,
    invoke: (api: Remote<PlannerService>) => Promise<Reply<T>>,
  ): Promise<T> {
    checkRequest(request);
    const answer = this.#last.then(async () => {
      if (this.#closed) throw new WorkerLostError('planner', 'it was ended');
      this.#worker ??= this.#started();
      const worker = this.#worker;
      const { api, lifeline } = worker;
      if (worker.offered?.profile !== measured.profile) {
        await lifeline.call(api.planOn(measured));
        worker.offered = measured;
      }
      return answerOf(await lifeline.call(invoke(api)));
    });
    this.#last = answer.catch(() => {});
    return answer;
  }

  #started(): PlannerWorker {
    const raw = this.start();
    const lifeline = new Lifeline('planner', raw);
    void lifeline.lost.then(() => {
      this.#worker = undefined;
    });
    return { api: wrap<PlannerService>(raw.endpoint), lifeline };
  }
}

/** @throws InfeasiblePlanError, FrontierTooLargeError */
function answerOf<T>(reply: Reply<T>): T {
  if ('ok' in reply) return reply.ok;
  if ('infeasible' in reply) throw new InfeasiblePlanError(...reply.infeasible);
  throw new FrontierTooLargeError(...reply.tooLarge);
}
