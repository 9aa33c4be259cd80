import { joinItems } from '../../models/tasks/items.ts';
import type { ItemBatch } from '../../models/tasks/task.ts';
import { createDispatch } from '../../solver/dispatch/dispatch.ts';
import { policyOf } from '../../solver/dispatch/plan.ts';
import type { Action, Dispatch, DispatchPolicy, DispatchWorker, Item } from '../../solver/dispatch/types.ts';
import type { Plan, PlanWorker } from '../../solver/documents/plan.ts';
import { message } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { after } from './clock.ts';
import { type CrewMember, type CrewOptions, recruit } from './crew.ts';
import type { Answer, ExecutorHooks, ItemAnswer } from './types.ts';

interface Request {
  readonly arrivalMs: number;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly answer: ItemAnswer;
  /** Ids of its items that may still have children to hand out. */
  readonly items: number[];
  resolve(answer: Answer): void;
}

/** An item that was started: where its answer goes, and the pixels of its children once it came back. */
interface Started {
  readonly answer: ItemAnswer;
  children: Uint8Array<ArrayBuffer>[];
}

interface Member extends CrewMember {
  readonly planWorker: PlanWorker;
  readonly plan: Plan;
  readonly policy: DispatchPolicy;
  inFlight: number;
  /** When its last batch came back. */
  freeMs: number;
  retired: boolean;
}

/** A batch that takes longer than this many times its expected time, and this long, hangs: its worker is ended. */
const HUNG = { times: 20, ms: 30_000 };
/** Pauses before a lost worker's replacement is tried again. */
const RESPAWN_MS = [0, 500, 2000];

type StartAction = Extract<Action, { kind: 'start' }>;

/**
 * Runs a plan: real workers, driven by the dispatch that is also simulated. Every request that was submitted ends
 * completed, shed or failed.
 */
export class Executor {
  #dispatch: Dispatch;
  #plan: Plan;
  #members = new Map<string, Member>();
  #requests = new Map<number, Request>();
  #started = new Map<number, Started>();
  #nextRequest = 0;
  #generation = 0;
  #cancelWake: (() => void) | undefined;
  /** When the armed timer is due. */
  #wakeMs: number | undefined;
  #closed = false;

  private constructor(
    plan: Plan,
    private readonly options: CrewOptions,
    private readonly hooks: ExecutorHooks,
  ) {
    this.#plan = plan;
    this.#dispatch = createDispatch(policyOf(plan), []);
  }

  /** Starts and warms every worker of the plan. @throws ModelLoadError, ModelMismatchError, WorkerLostError */
  static async start(plan: Plan, options: CrewOptions, hooks: ExecutorHooks = {}): Promise<Executor> {
    const executor = new Executor(plan, options, hooks);
    try {
      await executor.#recruitAll(plan);
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

  /**
   * Sends a request. @param input pixels of one item of the first stage; they are copied for each try, never taken
   * @param arrivalMs when it was due, of `performance.now()`
   */
  submit(input: Uint8Array<ArrayBuffer>, arrivalMs: number): Promise<Answer> {
    if (this.#closed) return Promise.reject(new Error('This executor is closed: start another one.'));
    const id = this.#nextRequest++;
    return new Promise((resolve) => {
      this.#requests.set(id, {
        arrivalMs,
        input,
        answer: { result: null, children: [] },
        items: [],
        resolve,
      });
      this.#dispatch.arrive(id, arrivalMs);
      this.#pump();
    });
  }

  /**
   * Changes to another plan of the same pipeline while requests run: its workers are started and warmed first, then
   * take over; the old ones finish what they have. Nothing is lost if a new worker cannot be started.
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError
   */
  async switchTo(plan: Plan): Promise<void> {
    const old = [...this.#members.keys()];
    await this.#recruitAll(plan);
    this.#plan = plan;
    this.#dispatch.setPolicy(policyOf(plan));
    for (const id of old) this.#retire(id);
    this.hooks.onEvent?.(`switched to ${plan.stages.map((s) => `${s.variant} b${s.batch}`).join(' → ')}`);
    this.#pump();
  }

  /** Sheds what has not ended and ends every worker. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelWake?.();
    this.#act(this.#dispatch.close());
    for (const { worker } of this.#members.values()) worker.terminate();
    this.#members.clear();
  }

  async #recruitAll(plan: Plan): Promise<void> {
    const generation = this.#generation++;
    const name = (worker: PlanWorker) => (generation ? `${worker.id}.${generation}` : worker.id);
    const crew = await Promise.allSettled(plan.workers.map((w) => recruit(name(w), w, plan, this.options)));
    const failure = crew.find((result) => result.status === 'rejected');
    if (failure || this.#closed) {
      for (const result of crew) if (result.status === 'fulfilled') result.value.worker.terminate();
      if (failure) throw failure.reason;
    }
    crew.forEach((result, i) => {
      if (result.status === 'fulfilled')
        this.#join(name(plan.workers[i]!), plan.workers[i]!, plan, result.value);
    });
  }

  #join(id: string, planWorker: PlanWorker, plan: Plan, member: CrewMember): void {
    this.#members.set(id, {
      ...member,
      planWorker,
      plan,
      policy: policyOf(plan),
      inFlight: 0,
      freeMs: 0,
      retired: false,
    });
    member.worker.lost.then((reason) => this.#lose(id, reason));
    this.#dispatch.workerAdded(this.#dispatchWorker(id, planWorker));
    this.#pump();
  }

  #dispatchWorker(id: string, { stages }: PlanWorker): DispatchWorker {
    return { id, stages: stages.map((name) => this.#plan.stages.findIndex((stage) => stage.name === name)) };
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
    this.hooks.onEvent?.(`worker ${id} was lost (${reason})`);
    this.#pump();
    if (!member.retired) void this.#respawn(id, member);
  }

  async #respawn(id: string, { planWorker, plan }: Member): Promise<void> {
    const fresh = `${id.split('~')[0]}~${++this.#generation}`;
    for (const pause of RESPAWN_MS) {
      await new Promise((resolve) => after(pause, () => resolve(undefined)));
      // A switch in the meantime has brought workers of its own.
      if (this.#closed || plan !== this.#plan) return;
      try {
        const member = await recruit(fresh, planWorker, plan, this.options);
        if (this.#closed || plan !== this.#plan) return member.worker.terminate();
        this.#join(fresh, planWorker, plan, member);
        this.hooks.onEvent?.(`worker ${fresh} replaces ${id}`);
        return;
      } catch (error) {
        this.hooks.onEvent?.(`worker ${fresh} could not be started: ${message(error)}`);
      }
    }
  }

  #pump(): void {
    if (this.#closed) return;
    this.#act(this.#dispatch.poll(performance.now()));
    const wake = this.#dispatch.nextWakeMs();
    if (wake === this.#wakeMs) return;
    this.#cancelWake?.();
    this.#wakeMs = wake;
    if (wake !== undefined)
      this.#cancelWake = after(wake - performance.now(), () => {
        this.#wakeMs = undefined;
        this.#pump();
      });
  }

  #act(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.kind === 'start') void this.#run(action);
      else this.#end(action.request, action.outcome);
    }
  }

  async #run({ batch, stage, worker: id, items }: StartAction): Promise<void> {
    const member = this.#members.get(id)!;
    const { name, variant, backend } = member.plan.stages[stage]!;
    const handedMs = performance.now();
    const expected = member.policy.stages[stage]!.serviceMs(items.length);
    const watchdog = setTimeout(() => member.worker.terminate(), Math.max(HUNG.ms, HUNG.times * expected));
    member.inFlight++;
    try {
      const run = await member.worker.run(name, this.#gather(items));
      if (this.#members.get(id) !== member) return; // already told as lost
      this.#takeIn(items, run.results, run.children, run.childCounts);
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
      const { name: kind } = error as Error;
      if (kind === 'WorkerLostError' || kind === 'DeviceLostError') return this.#lose(id, message(error));
      this.hooks.onEvent?.(`a batch of ${items.length} on ${id} failed: ${message(error)}`);
      this.#dispatch.failed(batch, performance.now());
    } finally {
      clearTimeout(watchdog);
      member.inFlight--;
      this.#dismissIfIdle(id, member);
    }
    this.#pump();
  }

  #gather(items: readonly Item[]): ItemBatch {
    return joinItems(items.map((item) => ({ count: 1, pixels: this.#pixels(item) })));
  }

  #pixels({ request, parent, index }: Item): Uint8Array<ArrayBuffer> {
    return parent === null ? this.#requests.get(request)!.input : this.#started.get(parent)!.children[index]!;
  }

  /** Puts results where they belong and keeps the children's pixels until they are run. */
  #takeIn(
    items: readonly Item[],
    results: readonly ItemAnswer['result'][],
    children: ItemBatch,
    counts: readonly number[],
  ): void {
    const size = children.count ? children.pixels.length / children.count : 0;
    let offset = 0;
    items.forEach((item, i) => {
      const count = counts[i] ?? 0;
      const pixels = Array.from({ length: count }, (_, c) =>
        children.pixels.subarray(offset + c * size, offset + (c + 1) * size),
      );
      offset += count * size;
      const request = this.#requests.get(item.request);
      if (!request) return; // ended meanwhile: shed or failed
      const answer = this.#answerOf(item, request);
      answer.result = results[i]!;
      answer.children = pixels.map(() => ({ result: null, children: [] }));
      this.#started.set(item.id, { answer, children: pixels });
      request.items.push(item.id);
    });
  }

  #answerOf({ parent, index }: Item, request: Request): ItemAnswer {
    return parent === null ? request.answer : this.#started.get(parent)!.answer.children[index]!;
  }

  #end(id: number, outcome: Answer['outcome']): void {
    const request = this.#requests.get(id)!;
    this.#requests.delete(id);
    for (const item of request.items) this.#started.delete(item);
    request.resolve({ outcome, latencyMs: performance.now() - request.arrivalMs, answer: request.answer });
  }
}
