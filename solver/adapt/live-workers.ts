import { type Plan, type PlanStage, stagesOf } from '../documents/plan.ts';
import { diff, type LiveWorker } from './diff.ts';

/** The workers that run while plans replace each other. They may hold standbys that the present plan does not use. */
export class LiveWorkers {
  #all: readonly LiveWorker[] = [];
  #started = 0;

  get all(): readonly LiveWorker[] {
    return this.#all;
  }

  /**
   * Starts the workers that a plan lacks, and retires those that it does not use.
   * @returns the new workers, and the ids of the retired ones
   */
  follow(plan: Plan): { readonly start: readonly LiveWorker[]; readonly retire: readonly string[] } {
    const { start, retire } = diff(this.#all, plan);
    const fresh = start.map((planWorker) => ({
      id: `${planWorker.id}.${this.#started++}`,
      planWorker,
      stages: stagesOf(plan, planWorker),
    }));
    this.#all = [...this.#all.filter(({ id }) => !retire.includes(id)), ...fresh];
    return { start: fresh, retire };
  }

  /** A plan in which each row has the standby that all its workers hold, whether or not the plan uses the standby. */
  withStandbys(plan: Plan): Plan {
    return { ...plan, stages: plan.stages.map((row) => this.#withStandby(row)) };
  }

  #withStandby(row: PlanStage): PlanStage {
    const held = this.#all.flatMap(({ planWorker, stages }) =>
      planWorker.stages.flatMap((name, i) => (name === row.name ? [stages[i]!.standby] : [])),
    );
    const standby = held.find((one) => one !== undefined);
    return standby && held.every((one) => one?.sha256 === standby.sha256) ? { ...row, standby } : row;
  }
}
