import type { Item } from '../../models/items/item-batch.ts';
import { diff, stagesOf } from '../../solver/adapt/diff.ts';
import { createDispatch } from '../../solver/dispatch/dispatch.ts';
import { policyOf } from '../../solver/dispatch/plan.ts';
import type { Action, Dispatch, DispatchPolicy } from '../../solver/dispatch/types.ts';
import type { Plan, PlanStage, PlanWorker } from '../../solver/documents/plan.ts';
import { DeviceLostError, message, WorkerLostError } from '../runtime/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { Alarm, sleep } from './clock.ts';
import type { CrewWorker, Recruit } from './crew.ts';
import { Requests } from './requests.ts';
import type { Answer, ExecutorHooks, ExecutorLimits } from './types.ts';

interface Member {
  readonly id: string;
  readonly worker: CrewWorker;
  readonly planWorker: PlanWorker;
  /** What its sessions run, with the largest batch that each was warmed up for. */
  readonly stages: readonly PlanStage[];
  inFlight: number;
  /** When its last batch came back. */
  freeMs: number;
  retired: boolean;
}

const LIMITS: ExecutorLimits = { hungTimes: 20, hungMs: 30_000, respawnMs: [0, 500, 2000] };

type StartAction = Extract<Action, { kind: 'start' }>;

/**
 * Runs a plan: real workers, driven by the dispatch that is also simulated. Every request that was submitted ends
 * completed, shed or failed.
 */
export class Executor {
  #dispatch: Dispatch;
  #plan: Plan;
  #policy: DispatchPolicy;
  #members = new Map<string, Member>();
  readonly #requests = new Requests();
  #recruited = 0;
  #switching: Promise<void> = Promise.resolve();
  readonly #wake = new Alarm(() => this.#pump());
  readonly #ended = new AbortController();

  private constructor(
    plan: Plan,
    private readonly recruit: Recruit,
    private readonly hooks: ExecutorHooks,
    private readonly limits: ExecutorLimits,
  ) {
    this.#plan = plan;
    this.#policy = policyOf(plan);
    this.#dispatch = createDispatch(this.#policy, []);
  }

  /** With every worker of the plan. @throws ModelLoadError, ModelMismatchError, WorkerLostError */
  static async start(
    plan: Plan,
    recruit: Recruit,
    hooks: ExecutorHooks = {},
    limits: Partial<ExecutorLimits> = {},
  ): Promise<Executor> {
    const executor = new Executor(plan, recruit, hooks, { ...LIMITS, ...limits });
    try {
      executor.#take(plan, await executor.#recruitAll(plan, plan.workers));
    } catch (error) {
      executor.close();
      throw error;
    }
    return executor;
  }

  get plan(): Plan {
    return this.#plan;
  }

  /** ONNX Runtime of its workers. */
  get runtime(): Runtime['info'] {
    return [...this.#members.values()][0]!.worker.info;
  }

  /** Items waiting, per stage. */
  get queued(): readonly number[] {
    return this.#dispatch.queued;
  }

  /** Requests that have not ended. */
  get open(): number {
    return this.#dispatch.open;
  }

  get #closed(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Workers that serve each stage now. */
  get replicas(): readonly number[] {
    const serving = this.#serving;
    return this.#plan.stages.map(
      ({ name }) => serving.filter(({ planWorker }) => planWorker.stages.includes(name)).length,
    );
  }

  /**
   * Sends a request. @param input item of its first stage; it is copied for each try, never taken
   * @param arrivalMs when it was due, of `performance.now()`
   * @param only the one stage that it is for; absent: the whole pipeline
   */
  submit(input: Item, arrivalMs: number, only?: string): Promise<Answer> {
    if (this.#closed) return Promise.reject(new Error('This executor is closed: start another one.'));
    const { id, answer } = this.#requests.enter(input, arrivalMs);
    this.#dispatch.arrive(id, arrivalMs, only === undefined ? undefined : this.#indexOf(only));
    this.#pump();
    return answer;
  }

  /**
   * Changes to another plan of the same pipeline while requests run: the workers that it has and this one has not are
   * started and warmed first, then take over; those that it has no use for finish what they have. Nothing is lost if
   * a new worker cannot be started. A switch waits for the one before it; once the executor is closed it does nothing.
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError
   */
  switchTo(plan: Plan): Promise<void> {
    const done = this.#switching.then(() => this.#switchTo(plan));
    this.#switching = done.catch(() => {});
    return done;
  }

  async #switchTo(plan: Plan): Promise<void> {
    if (this.#closed) return;
    const { start } = diff(this.#serving, plan);
    const fresh = await this.#recruitAll(plan, start);
    if (this.#closed) return;
    // What is there now: a worker may have been lost meanwhile.
    const { retire } = diff([...this.#serving, ...fresh], plan);
    for (const id of retire) this.#retire(id);
    this.#follow(plan, fresh);
  }

  /** Follows another plan of the sessions that serve, at once: another batch, or another wait. */
  rebatch(plan: Plan): void {
    if (!this.#closed) this.#follow(plan);
  }

  /** Follows a plan from now on; what it has and is not there is started. */
  #follow(plan: Plan, fresh: readonly Member[] = []): void {
    this.#take(plan, fresh);
    this.hooks.onEvent?.(
      `switched to ${plan.stages.map((s) => `${s.variant} b${s.batch} ×${s.replicas}`).join(' → ')}`,
    );
    for (const missing of diff(this.#serving, plan).start) void this.#respawn(missing);
  }

  get #serving(): Member[] {
    return [...this.#members.values()].filter((member) => !member.retired);
  }

  /** Follows a plan from now on, with workers that were started for it. */
  #take(plan: Plan, fresh: readonly Member[]): void {
    this.#plan = plan;
    this.#policy = policyOf(plan);
    this.#dispatch.setPolicy(this.#policy);
    for (const member of fresh) this.#join(member);
    this.#pump();
  }

  /** Sheds what has not ended and ends every worker. */
  close(): void {
    if (this.#closed) return;
    // Workers that are being loaded end with it.
    this.#ended.abort();
    this.#wake.set(undefined);
    this.#act(this.#dispatch.close());
    for (const { worker } of this.#members.values()) worker.terminate();
    this.#members.clear();
  }

  /** All of them, or none. */
  async #recruitAll(plan: Plan, planWorkers: readonly PlanWorker[]): Promise<Member[]> {
    const crew = await Promise.allSettled(planWorkers.map((worker) => this.#recruit(plan, worker)));
    const members = crew.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failure = crew.find((result) => result.status === 'rejected');
    if (failure || this.#closed) for (const { worker } of members) worker.terminate();
    if (failure && !this.#closed) throw failure.reason;
    return members;
  }

  async #recruit(plan: Plan, planWorker: PlanWorker): Promise<Member> {
    const id = `${planWorker.id}~${this.#recruited++}`;
    return {
      id,
      worker: await this.recruit(id, planWorker, plan, this.#ended.signal),
      planWorker,
      stages: stagesOf(plan, planWorker),
      inFlight: 0,
      freeMs: 0,
      retired: false,
    };
  }

  #join(member: Member): void {
    const { id, worker, planWorker } = member;
    this.#members.set(id, member);
    worker.lost.then((reason) => this.#lose(id, reason));
    this.#dispatch.workerAdded({ id, stages: planWorker.stages.map((name) => this.#indexOf(name)) });
  }

  #indexOf(name: string): number {
    return this.#plan.stages.findIndex((stage) => stage.name === name);
  }

  #retire(id: string): void {
    const member = this.#members.get(id);
    if (!member) return;
    member.retired = true;
    this.#dispatch.workerRetired(id);
    this.#dismissIfIdle(id, member);
  }

  #dismissIfIdle(id: string, member: Member): void {
    if (!member.retired || member.inFlight > 0) return;
    this.#members.delete(id);
    member.worker.terminate();
  }

  /** A worker is gone: its batch is queued again and another one takes its place. */
  #lose(id: string, reason: string): void {
    const member = this.#members.get(id);
    if (this.#closed || !member) return;
    this.#members.delete(id);
    member.worker.terminate();
    this.#dispatch.workerLost(id, performance.now());
    this.hooks.onLost?.(id);
    this.hooks.onEvent?.(`worker ${id} was lost (${reason})`);
    this.#pump();
    if (!member.retired) void this.#respawn(member.planWorker);
  }

  /** Starts a worker of the plan that is not there, until it is or a switch brings what is needed instead. */
  async #respawn(planWorker: PlanWorker): Promise<void> {
    const plan = this.#plan;
    const { respawnMs } = this.limits;
    for (let tried = 0; ; tried++) {
      const pauseMs = respawnMs[Math.min(tried, respawnMs.length - 1)]!;
      await sleep(pauseMs, this.#ended.signal);
      if (this.#closed || plan !== this.#plan) return;
      try {
        const member = await this.#recruit(plan, planWorker);
        if (this.#closed || plan !== this.#plan) return member.worker.terminate();
        this.#join(member);
        this.hooks.onEvent?.(`worker ${member.id} replaces a lost one`);
        return this.#pump();
      } catch (error) {
        if (this.#closed) return;
        if (tried > 0) continue;
        const stages = planWorker.stages.join(', ');
        this.hooks.onEvent?.(
          `a worker for ${stages} could not be started: ${message(error)} It is tried until one can.`,
        );
      }
    }
  }

  #pump(): void {
    if (this.#closed) return;
    this.#act(this.#dispatch.poll(performance.now()));
    this.#wake.set(this.#dispatch.nextWakeMs());
  }

  #act(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.kind === 'start') void this.#run(action);
      else this.#requests.end(action.request, action.outcome);
    }
  }

  async #run({ batch, stage, worker: id, items }: StartAction): Promise<void> {
    const member = this.#members.get(id)!;
    const { name } = this.#policy.stages[stage]!;
    const { variant, backend } = member.stages.find((held) => held.name === name)!;
    const handedMs = performance.now();
    const expected = this.#policy.stages[stage]!.serviceMs(items.length);
    const { hungTimes, hungMs } = this.limits;
    const watchdog = setTimeout(() => member.worker.terminate(), Math.max(hungMs, hungTimes * expected));
    member.inFlight++;
    try {
      const run = await member.worker.run(name, this.#requests.gather(items));
      if (this.#members.get(id) !== member) return; // already told as lost
      this.#requests.takeIn(items, run);
      const now = performance.now();
      // One that was handed over ahead began when the one before it was done.
      const startMs = Math.max(handedMs, member.freeMs);
      member.freeMs = now;
      this.#dispatch.completed(batch, run.childCounts, now);
      this.hooks.onBatch?.({
        stage: name,
        variant,
        backend,
        worker: id,
        items: items.length,
        startMs,
        serviceMs: now - startMs,
      });
    } catch (error) {
      if (this.#members.get(id) !== member) return;
      if (error instanceof WorkerLostError) return this.#lose(id, error.reason);
      if (error instanceof DeviceLostError) return this.#lose(id, message(error));
      this.hooks.onEvent?.(`a batch of ${items.length} on ${id} failed: ${message(error)}`);
      this.#dispatch.failed(batch, performance.now());
    } finally {
      clearTimeout(watchdog);
      member.inFlight--;
      this.#dismissIfIdle(id, member);
    }
    this.#pump();
  }
}
