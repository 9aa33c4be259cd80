import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { backendsOf, type IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { PlanRequest } from '../../solver/plan/options.ts';
import type { AdaptationFlags } from '../../workers/command/options.ts';
import type { AdaptationOptions } from '../../workers/executor/adapter.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { predictorByName } from '../../workers/predictor/by-name.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { PlanRefusedError } from './errors.ts';

/** How to follow the load on a profile, for as long as the agent serves. */
export class Adaptation {
  readonly #planner = openPlanner();

  private constructor(
    private readonly profile: IdentifiedProfile,
    private readonly rest: Pick<AdaptationOptions, 'predictor' | 'intervalS'>,
    private readonly minRatePerS: number,
    private readonly limits: Pick<PlanRequest, 'apart'>,
  ) {}

  static async open(
    profile: IdentifiedProfile,
    { predictor: name, interval: intervalS, minRate }: AdaptationFlags,
    limits: Pick<PlanRequest, 'apart'> = {},
  ): Promise<Adaptation> {
    const predictor = await predictorByName(name, learnedPredictor);
    return new Adaptation(profile, { predictor, intervalS }, minRate, limits);
  }

  /** With what a plan was asked for, and everything that the profile measured. */
  of(plan: Plan): AdaptationOptions {
    const standing = standingRequest(plan, backendsOf(this.profile.profile), this.minRatePerS);
    const request = { ...standing, ...this.limits };
    return {
      ...this.rest,
      system: ipaEdgeSystem((asked) => this.#planner.plan(this.profile, asked), request),
    };
  }

  /** The plans that follow must compare with it. @throws PlanRefusedError where it was made from another profile */
  check({ profile: { sha256 } }: Plan, source: string): void {
    if (sha256 !== this.profile.sha256)
      throw new PlanRefusedError(
        source,
        [`it was made from profile ${sha256}, and the load is followed on ${this.profile.sha256}`],
        'Plan on the one that is followed on, or give the other one with --profile.',
      );
  }

  close(): void {
    this.#planner.close();
  }
}
