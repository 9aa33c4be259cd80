import type { Item, ItemBatch } from '../../models/items/item-batch.ts';
import type { Pipeline } from '../../models/manifests/pipeline.ts';
import { diff } from '../../solver/adapt/diff.ts';
import { Dispatch } from '../../solver/dispatch/dispatch.ts';
import type { Action, Served } from '../../solver/dispatch/types.ts';
import type { Plan, PlanWorker } from '../../solver/documents/plan.ts';
import { choiceText } from '../../solver/report/choice-text.ts';
import { ExecutorClosedError, message } from '../runtime/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { KeptItems, StageRun } from '../stage/protocol.ts';
import { Alarm, unlessAborted } from './clock.ts';
import { type Job, jobOf, liveWorker, type Member } from './job.ts';
import { PlanRows } from './plan-rows.ts';
import { Replicas } from './replicas.ts';
import { Requests } from './requests.ts';
import { type StartWorker, standbyKey } from './start-worker.ts';
import { Supervisor, type SupervisorLimits } from './supervisor.ts';
import type { ExecutorHooks, RequestAnswer } from './types.ts';

type StartAction = Extract<Action, { kind: 'start' }>;

/**
 * Runs a plan on workers, with the dispatch policy that the simulator uses too. Every submitted request ends completed, shed or
 * failed.
 */
export class Executor {
  #dispatch: Dispatch;
  #rows: PlanRows;
  readonly #supervisor: Supervisor<Job>;
  readonly #replicas: Replicas;
  readonly #requests: Requests;
  #runtime: Runtime['info'] | undefined;
  #refused = 0;
  #switching: Promise<void> = Promise.resolve();
  readonly #wake = new Alarm(() => this.#pump());

  private constructor(
    pipeline: Pipeline,
    plan: Plan,
    startWorker: StartWorker,
    private readonly hooks: ExecutorHooks,
    limits: Partial<SupervisorLimits> | undefined,
  ) {
    this.#requests = new Requests(pipeline);
    this.#rows = new PlanRows(plan);
    this.#dispatch = new Dispatch(this.#rows.policy, []);
    this.#supervisor = new Supervisor<Job>({
      nameOf: ({ planWorker }) => planWorker.id,
      startWorker: (id, { planWorker, plan }, signal) => startWorker(id, planWorker, plan, signal),
      onLost: (member, reason) => this.#lose(member, reason),
      // After a switch, nothing replaces a worker that only the old plan had.
      isWanted: (job) => this.#replicas.isNeeded(job, this.plan),
      onReplaced: (member) => {
        this.#admit(member);
        hooks.onEvent?.(`worker ${member.id} replaces a lost one`);
        this.#pump();
      },
      onReplaceFailed: ({ planWorker }, error) =>
        hooks.onEvent?.(
          `a worker for ${planWorker.stages.join(', ')} could not be started: ${message(error)} More tries follow.`,
        ),
      limits,
    });
    this.#replicas = new Replicas(this.#supervisor);
  }

  /**
   * Starts every worker of a plan for the pipeline.
   * @param signal ends the start; it has no effect afterwards
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError, and the signal's reason when it is aborted
   */
  static async start(
    pipeline: Pipeline,
    plan: Plan,
    startWorker: StartWorker,
    hooks: ExecutorHooks = {},
    limits?: Partial<SupervisorLimits>,
    signal?: AbortSignal,
  ): Promise<Executor> {
    const executor = new Executor(pipeline, plan, startWorker, hooks, limits);
    try {
      const members = await unlessAborted(() => executor.#start(plan, plan.workers), signal);
      executor.#runtime = members[0]!.worker.info;
      executor.#take(plan, members);
    } catch (error) {
      executor.close();
      throw error;
    }
    return executor;
  }

  get plan(): Plan {
    return this.#rows.plan;
  }

  /** Version, build and timer resolution of ONNX Runtime in the workers. */
  get runtime(): Runtime['info'] {
    return this.#runtime!;
  }

  /** Number of waiting items of each row of the plan. */
  get queued(): readonly number[] {
    return this.#dispatch.queued;
  }

  /** Counts of the requests so far. Refused requests count as ended and as having missed the SLA. */
  get served(): Served {
    const { open, ended, missed } = this.#dispatch.served;
    return { open, ended: ended + this.#refused, missed: missed + this.#refused };
  }

  /** Number of requests that have not ended. */
  get open(): number {
    return this.#dispatch.open;
  }

  get #closed(): boolean {
    return this.#supervisor.closed;
  }

  /** Number of workers that serve each row of the plan now. */
  get replicas(): readonly number[] {
    return this.plan.stages.map(({ name }) => this.#replicas.of(name).length);
  }

  /** Whether each row of the plan has a worker that is not overdue. */
  get ready(): boolean {
    return this.plan.stages.every(({ name }) => this.#replicas.of(name).some(({ overdue }) => !overdue));
  }

  /**
   * Whether requests that have arrived, but were not submitted, can be expected to meet the SLA behind the items that already
   * wait. If not, the executor would shed them.
   * @param arrivalMs in `performance.now()`
   * @param requests number of requests that arrived together
   * @param singleStage as in {@link submit}
   * @throws UnknownStageError
   */
  canMake(arrivalMs: number, requests: number, singleStage?: string): boolean {
    return this.#dispatch.canMake(arrivalMs, performance.now(), requests, this.#indexOf(singleStage));
  }

  /** Counts requests that arrived but are not submitted. Each counts as ended, and as having missed the SLA. */
  refused(requests: number): void {
    this.#refused += requests;
  }

  /**
   * Sends a request.
   * @param input the request's item of its first stage; each try copies the item and leaves it unchanged
   * @param arrivalMs scheduled arrival of the request, in `performance.now()`
   * @param singleStage name of the only stage to run; if absent, the whole pipeline runs
   * @throws ExecutorClosedError, UnknownStageError
   */
  async submit(input: Item, arrivalMs: number, singleStage?: string): Promise<RequestAnswer> {
    if (this.#closed) throw new ExecutorClosedError();
    const index = this.#indexOf(singleStage);
    const { id, answer } = this.#requests.enter(input, arrivalMs);
    this.#dispatch.arrive(id, arrivalMs, index);
    this.#pump();
    return answer;
  }

  #indexOf(singleStage: string | undefined): number | undefined {
    return singleStage === undefined ? undefined : this.#rows.indexOfStage(singleStage);
  }

  /**
   * Changes to another plan of the same pipeline while requests run. Workers that only the new plan has are started and warmed up
   * first. Workers that the new plan does not need then finish their batches and end. If a worker cannot be started, the old plan
   * stays. A switch waits for the switch before it. A closed executor does nothing.
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError
   */
  switchTo(plan: Plan): Promise<void> {
    const done = this.#switching.then(() => this.#switchTo(plan));
    this.#switching = done.catch(() => {});
    return done;
  }

  async #switchTo(plan: Plan): Promise<void> {
    if (this.#closed) return;
    const { start } = diff(this.#replicas.all, plan);
    const fresh = await this.#start(plan, start);
    if (this.#closed) return;
    // Workers may have been lost or replaced meanwhile, so `diff` compares again. The fresh workers come first, because `diff`
    // keeps the first workers that fit.
    const { retire } = diff([...fresh.map(liveWorker), ...this.#replicas.all], plan);
    for (const id of retire) {
      this.#dispatch.workerRetired(id);
      this.#supervisor.retire(id);
    }
    this.#follow(plan, fresh);
  }

  /** Switches at once to a plan with the same sessions, which differs only in batch sizes and waits. */
  rebatch(plan: Plan): void {
    if (!this.#closed) this.#follow(plan);
  }

  /** Makes a plan the current one, reports the switch, and starts the plan's missing workers in the background. */
  #follow(plan: Plan, fresh: readonly Member[] = []): void {
    this.#take(plan, fresh);
    this.hooks.onEvent?.(`switched to ${choiceText(plan)}`);
    for (const missing of diff(this.#replicas.expected, plan).start)
      void this.#supervisor.replace(jobOf(plan, missing));
  }

  /** Makes a plan the current one, and lets its new workers run batches. @param fresh workers that were started for the plan */
  #take(plan: Plan, fresh: readonly Member[]): void {
    this.#rows = new PlanRows(plan);
    this.#dispatch.setPolicy(this.#rows.policy);
    for (const member of fresh) {
      this.#supervisor.add(member);
      this.#admit(member);
    }
    this.#pump();
  }

  /** Sheds the open requests and ends every worker, including those that are being started. */
  close(): void {
    if (this.#closed) return;
    this.#wake.set(undefined);
    this.#act(this.#dispatch.close());
    this.#supervisor.close();
  }

  #start(plan: Plan, planWorkers: readonly PlanWorker[]): Promise<Member[]> {
    return this.#supervisor.start(planWorkers.map((planWorker) => jobOf(plan, planWorker)));
  }

  /** Lets the dispatch hand batches to a worker. */
  #admit({ id, job }: Member): void {
    this.#dispatch.workerAdded({ id, rows: job.stages.flatMap((row) => this.#rows.heldWith(row)) });
  }

  /** Runs a batch on a worker. Items for the next stage or the heavy variant stay in that worker if it alone runs that row. */
  #runOn({ id, job, worker }: Member, { row, items }: StartAction): Promise<StageRun<ItemBatch | KeptItems>> {
    const { name, isStandby } = this.#rows.at(row);
    const key = isStandby ? standbyKey(name) : name;
    if (!worker.runKeeping) return worker.run(key, this.#requests.batchOf(items));
    const batch = this.#requests.batchFor(job, items);
    const { next, heavy } = this.#rows.after(row);
    const keeping = {
      keep: this.#replicas.isAlone(id, next),
      keepOwn: this.#replicas.isAlone(id, heavy),
      forget: job.forget.splice(0),
    };
    return worker.runKeeping(key, batch, keeping);
  }

  /** Queues the batches of a lost worker again. @returns the job of its replacement */
  #lose({ id, job, worker }: Member, reason: string): Job {
    this.#dispatch.workerLost(id);
    if (worker.left) this.hooks.onEvent?.(`worker ${id} left (${reason})`);
    else {
      this.hooks.onLost?.(id);
      this.hooks.onEvent?.(`worker ${id} was lost (${reason})`);
    }
    this.#pump();
    return jobOf(this.plan, job.planWorker);
  }

  #pump(): void {
    if (this.#closed) return;
    this.#act(this.#dispatch.poll(performance.now()));
    this.#wake.set(this.#dispatch.nextWakeMs());
  }

  #act(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.kind === 'start') void this.#run(action);
      else if (action.kind === 'end') this.#requests.end(action.request, action.outcome);
      else {
        this.#requests.settle(action.item, action.children);
        this.hooks.onSettled?.(this.#rows.stageNameAt(action.item.row));
      }
    }
  }

  async #run(action: StartAction): Promise<void> {
    const { batch, row, worker: id, items, enqueuedMs } = action;
    const member = this.#supervisor.get(id)!;
    const { job } = member;
    const { name, isStandby, serviceMs } = this.#rows.at(row);
    const held = job.stages.find((own) => own.name === name)!;
    const { variant } = isStandby ? held.standby! : held;
    const escalation = this.#rows.escalationOf(row);
    const handedMs = performance.now();
    let follows: ReturnType<Requests['addResults']>;
    try {
      const run = await this.#supervisor.run(member, serviceMs(items.length), this.plan.slaMs, () =>
        this.#runOn(member, action),
      );
      if (member.lost || this.#closed) return; // the dispatch has queued the items again, or shed them
      follows = this.#requests.addResults(job, items, run, escalation?.below);
    } catch (error) {
      if (member.lost || this.#closed) return;
      this.hooks.onEvent?.(`a batch of ${items.length} on ${id} failed: ${message(error)}`);
      this.#dispatch.failed(batch, performance.now());
      return this.#pump();
    }
    const now = performance.now();
    // A worker may receive a batch while an earlier batch still runs. The new batch then starts when the earlier one ends.
    const startMs = Math.max(handedMs, job.freeMs);
    job.freeMs = now;
    this.#dispatch.completed(batch, follows, now);
    this.hooks.onBatch?.({
      stage: name,
      variant,
      backend: held.backend,
      worker: id,
      items: items.length,
      ...(isStandby && { standby: held.variant }),
      ...(escalation && {
        cascade: {
          ...escalation,
          escalated: follows.filter((follow) => typeof follow !== 'number').length,
        },
      }),
      startMs,
      serviceMs: now - startMs,
      waitedMs: startMs - enqueuedMs,
    });
    this.#pump();
  }
}
