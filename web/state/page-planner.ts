import type { Profile } from '../../solver/documents/profile.ts';
import { openPlanner } from '../../workers/planner/browser.ts';
import type { RemotePlanner } from '../../workers/planner/remote.ts';
import { WorkerLostError } from '../../workers/runtime/errors.ts';

/** A worker that plans on whatever profile is open: started when it is first needed, and again after it was lost. */
export class PagePlanner {
  #profile: Profile | undefined;
  #planner: Promise<RemotePlanner> | undefined;

  /** @throws NothingMeasuredError, InfeasiblePlanError, FrontierTooLargeError, WorkerLostError */
  async on<T>(profile: Profile, ask: (planner: RemotePlanner) => Promise<T>): Promise<T> {
    if (!this.#planner || this.#profile !== profile) this.#planner = this.#offered(profile, this.#planner);
    const planner = this.#planner;
    this.#profile = profile;
    try {
      return await ask(await planner);
    } catch (error) {
      if (error instanceof WorkerLostError && this.#planner === planner) this.#planner = undefined;
      throw error;
    }
  }

  async #offered(profile: Profile, before: Promise<RemotePlanner> | undefined): Promise<RemotePlanner> {
    if (!before) return openPlanner(profile);
    const planner = await before;
    await planner.offer(profile);
    return planner;
  }
}
