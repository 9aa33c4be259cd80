import { ours, standingRequest } from '../../solver/adapt/ours.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { PlanRequest } from '../../solver/plan/options.ts';
import { backendsOf } from '../../solver/plan/replan.ts';
import type { AdaptationFlags } from '../../workers/command/options.ts';
import type { AdaptationOptions } from '../../workers/executor/adapter.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import type { RemotePlanner } from '../../workers/planner/remote.ts';
import { choosePredictor } from '../../workers/predictor/choose.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { profileId } from '../../workers/store/exchange.ts';
import { PlanRefusedError } from './errors.ts';

/** How to follow the load on a profile, for as long as the agent serves. */
export class Adaptation {
  #planner: Promise<RemotePlanner> | undefined;

  private constructor(
    private readonly profile: Profile,
    private readonly profileSha256: string,
    private readonly rest: Pick<AdaptationOptions, 'predictor' | 'intervalS'>,
    private readonly minRatePerS: number,
    private readonly limits: Pick<PlanRequest, 'apart'>,
  ) {}

  static async open(
    profile: Profile,
    { predictor: name, interval: intervalS, minRate }: AdaptationFlags,
    limits: Pick<PlanRequest, 'apart'> = {},
  ): Promise<Adaptation> {
    const predictor = await choosePredictor(name, learnedPredictor);
    return new Adaptation(profile, await profileId(profile), { predictor, intervalS }, minRate, limits);
  }

  /** With what a plan was asked for, and everything that the profile measured. */
  of(plan: Plan): AdaptationOptions {
    const standing = standingRequest(plan, backendsOf(this.profile), this.minRatePerS);
    const request = { ...standing, ...this.limits };
    return { ...this.rest, system: ours((asked) => this.#planAt(asked), request) };
  }

  /** The plans that follow must compare with it. @throws PlanRefusedError where it was made from another profile */
  check({ profile: { sha256 } }: Plan, source: string): void {
    if (sha256 !== this.profileSha256)
      throw new PlanRefusedError(
        source,
        [`it was made from profile ${sha256}, and the load is followed on ${this.profileSha256}`],
        'Plan on the one that is followed on, or give the other one with --profile.',
      );
  }

  async #planAt(request: PlanRequest): Promise<Plan> {
    this.#planner ??= openPlanner(this.profile);
    try {
      return await (await this.#planner).planAt(request);
    } catch (error) {
      // The next decision starts another one.
      if ((error as Error).name === 'WorkerLostError') this.#planner = undefined;
      throw error;
    }
  }

  close(): void {
    void this.#planner?.then((planner) => planner.close()).catch(() => {});
  }
}
