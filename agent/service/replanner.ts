import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import { ServingCorrection } from '../../solver/adapt/serving-correction.ts';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import { canonicalJson } from '../../solver/documents/canonical.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { backendsOf, type IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { withoutHops } from '../../solver/plan/serving.ts';
import { startMsOf } from '../../solver/simulate/adaptation-report.ts';
import type { AdaptationFlags } from '../../workers/command/options.ts';
import type { AdaptationOptions } from '../../workers/executor/adapter.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { predictorByName } from '../../workers/predictor/by-name.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { PlanRefusedError } from './errors.ts';

/** Makes plans from one profile as the load changes, while the agent serves. */
export class Replanner {
  readonly #planner = openPlanner();
  readonly #correction: ServingCorrection;
  #resumed = false;

  private constructor(
    private readonly profile: IdentifiedProfile,
    private readonly rest: Pick<AdaptationOptions, 'predictor' | 'intervalS'>,
    private readonly minRatePerS: number,
    private readonly limits: Pick<PlanRequest, 'apart'>,
  ) {
    this.#correction = new ServingCorrection(profile);
  }

  static async open(
    profile: IdentifiedProfile,
    { predictor: name, interval: intervalS, minRate }: AdaptationFlags,
    limits: Pick<PlanRequest, 'apart'> = {},
  ): Promise<Replanner> {
    const predictor = await predictorByName(name, learnedPredictor);
    // Only batches for pods travel over the network, so plans for this machine must not count the time of that way.
    const planned = limits.apart ? profile : { ...profile, profile: withoutHops(profile.profile) };
    return new Replanner(planned, { predictor, intervalS }, minRate, limits);
  }

  /**
   * Returns the options for adapting a plan to the load: replanning keeps the plan's own request and may use every backend of the
   * profile. The corrections of the profile start with those that the first plan was made with.
   * @param cascadeStages stages in which plans may have a cascade; absent: all
   */
  adaptationFor(plan: Plan, cascadeStages?: ReadonlySet<string>): AdaptationOptions {
    if (!this.#resumed) this.#correction.resume(plan);
    this.#resumed = true;
    const standing = standingRequest(plan, backendsOf(this.profile.profile), this.minRatePerS);
    const request = {
      ...(cascadeStages && { cascades: [...cascadeStages] }),
      ...standing,
      ...this.limits,
    };
    return {
      ...this.rest,
      system: ipaEdgeSystem(
        (asked) => this.#planner.plan(this.#correction.profile, asked),
        request,
        startMsOf(this.profile.profile),
      ),
    };
  }

  /**
   * Corrects the profile's times of batches, hops and requests by the counters of the service. Takes and returns what
   * {@link ServingCorrection.take} does.
   */
  correct(...seen: Parameters<ServingCorrection['take']>): string[] {
    return this.#correction.take(...seen);
  }

  /**
   * Refuses a plan from another profile, because plans from two profiles cannot be compared, and a plan whose device was edited
   * and is no longer that of the profile.
   * @throws PlanRefusedError
   */
  check({ profile: { sha256, device } }: Plan, source: string): void {
    if (sha256 !== this.profile.sha256)
      throw new PlanRefusedError(
        source,
        [
          `it was made from profile ${sha256}, and plans that follow the load are made from ${this.profile.sha256}`,
        ],
        'Plan on that profile, or start the agent with the other one: --profile.',
      );
    if (canonicalJson(device) !== canonicalJson(this.profile.profile.device))
      throw new PlanRefusedError(
        source,
        ['its device is not that of the profile that it names: the plan was edited'],
        'Plan on the profile anew: ipa-edge plan.',
      );
  }

  close(): void {
    this.#planner.close();
  }
}
