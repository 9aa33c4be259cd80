import { diff, type LiveWorker } from '../../solver/adapt/diff.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { type Job, liveWorker, type Member } from './job.ts';
import type { Supervisor } from './supervisor.ts';

/** The workers that serve now: those that were not retired. */
export class Replicas {
  constructor(private readonly supervisor: Supervisor<Job>) {}

  get all(): LiveWorker[] {
    return this.#serving.map(liveWorker);
  }

  /** The workers that serve now, and those that are being started in place of lost ones. */
  get expected(): LiveWorker[] {
    return [...this.all, ...this.#starting.values()];
  }

  /** Whether a plan needs the worker that is being started for a job. */
  isNeeded(job: Job, plan: Plan): boolean {
    const starting = this.#starting;
    return !diff([...this.all, ...starting.values()], plan).retire.includes(starting.get(job)!.id);
  }

  get #starting(): Map<Job, LiveWorker> {
    return new Map(
      this.supervisor.replacing.map((job, i) => [job, liveWorker({ id: `starting ${i}`, job })]),
    );
  }

  /** The workers that run a row of the plan. @param name the row's name */
  of(name: string): Member[] {
    return this.#serving.filter(({ job }) => job.planWorker.stages.includes(name));
  }

  /** Whether a worker is the only one that runs a row. @param name the row's name; undefined means no row, and gives false */
  isAlone(worker: string, name: string | undefined): boolean {
    if (name === undefined) return false;
    const workers = this.of(name);
    return workers.length === 1 && workers[0]!.id === worker;
  }

  get #serving(): Member[] {
    return this.supervisor.members.filter(({ retired }) => !retired);
  }
}
