import { Dispatch } from '../dispatch/dispatch.ts';
import { stageOf, standbyRow } from '../dispatch/rows.ts';
import type { Action, DispatchPolicy, DispatchWorker, Item, Outcome } from '../dispatch/types.ts';
import type { RequestRecord } from '../documents/run-report.ts';
import { getOrMake } from '../math/maps.ts';
import { type Random, seededRandom } from '../math/random.ts';
import { ChildDealer, type ItemFlow } from './fanout.ts';
import { type RunningBatch, RunningBatches } from './running.ts';
import { SampleWalk } from './sample-walk.ts';
import type { ServiceModel, ServingModel } from './service.ts';
import { ServingThread } from './serving-thread.ts';

export interface SimulationInput extends ItemFlow {
  readonly policy: DispatchPolicy;
  readonly workers: readonly DispatchWorker[];
  /** Scheduled arrivals in rising order. */
  readonly arrivalsMs: ArrayLike<number>;
  /** For each arrival, the index of its item in the pack. */
  readonly packItems: ArrayLike<number>;
  readonly service: ServiceModel;
  readonly seed: number;
}

export interface SimulatedBatch {
  /** Index of the row whose variant ran the batch. */
  readonly row: number;
  readonly worker: string;
  readonly items: number;
  readonly startMs: number;
  readonly ms: number;
}

/** How the items of a simulation were answered so far. */
export interface Answered {
  /** Number of items that each row has run or runs now, by the row's index. */
  readonly items: readonly number[];
  /** Number of items of each stage's cascade for which the light variant's answer stood because of a burst. */
  readonly settled: readonly number[];
}

export interface SimulationResult {
  /** One record for each arrival, in the order of arrivals. */
  readonly requests: readonly RequestRecord[];
  /** For each stage, the number of items that a lighter variant answered because of a burst. */
  readonly downshifted: readonly number[];
}

export interface WholeSimulation extends SimulationResult {
  /** The batches in the order of their ends; last those that had not ended, with their expected times. */
  readonly batches: readonly SimulatedBatch[];
}

/**
 * Simulates a plan: drives the dispatch with sampled times, as the executor drives it with workers. Requests that are still
 * open one SLA after the last arrival are shed. Equal input gives an equal result.
 */
export function simulate(input: SimulationInput): WholeSimulation {
  const batches: SimulatedBatch[] = [];
  return { ...new Simulation(input, (batch) => batches.push(batch)).finish(), batches };
}

/**
 * A simulation in steps. Between two steps its plan can change, through `dispatch` and {@link Simulation.switchTo}. It keeps
 * little of what has ended, because the load of an adaptation may last for hours.
 */
export class Simulation {
  readonly dispatch: Dispatch;
  readonly #input: SimulationInput;
  readonly #random: Random;
  #service: ServiceModel;
  #escalates: ItemFlow['escalates'];
  /** The fan-out and sizes of requests that arrive now. */
  #flow: ItemFlow;
  /** For each open request, its items, with the fan-out and sizes of the variants that served when it arrived. */
  readonly #dealers = new Map<number, ChildDealer>();
  /** For each batch in flight, the dealers of its items, because a request may end before its batch does. */
  readonly #inFlight = new Map<number, readonly ChildDealer[]>();
  readonly #running = new RunningBatches();
  readonly #thread = new ServingThread();
  readonly #samples: SampleWalk;
  readonly #lastRow = new Map<string, number>();
  /** The time at which each worker ended the last batch of each row. */
  readonly #idleFromMs = new Map<string, number[]>();
  /** The dispatch's timer: the time for which it is set, and the time at which it rings, which may be later. */
  #alarm = { dueMs: Number.NaN, ringsMs: Number.POSITIVE_INFINITY };
  /** How much longer each request takes because the thread was idle before. */
  readonly #pausedMs: Float64Array;
  readonly #latencyMs: Float64Array;
  readonly #outcomes: Outcome[] = [];
  /** Items by row, and settled items by stage. */
  readonly #items: number[];
  readonly #settled: number[];
  #arrived = 0;
  /** Until this time the thread that sends requests waits for a core. */
  #heldMs = Number.NEGATIVE_INFINITY;
  #nowMs = 0;

  /** @param onBatch called when a batch has ended, and at the end of the simulation for each that has not */
  constructor(
    input: SimulationInput,
    private readonly onBatch?: (batch: SimulatedBatch) => void,
  ) {
    this.#input = input;
    this.#service = input.service;
    this.#escalates = input.escalates;
    this.dispatch = new Dispatch(input.policy, input.workers);
    this.#random = seededRandom(input.seed);
    // The walk has random numbers of its own, so that its draws do not shift those of the other times.
    this.#samples = new SampleWalk(input.seed + 1);
    this.#flow = input;
    this.#items = Array<number>(3 * input.policy.stages.length).fill(0);
    this.#settled = input.policy.stages.map(() => 0);
    this.#pausedMs = new Float64Array(input.arrivalsMs.length);
    this.#latencyMs = new Float64Array(input.arrivalsMs.length);
  }

  /**
   * Changes the service times of batches that start from now on, which items of batches that end from now on escalate, and the
   * fan-out and sizes of requests that arrive from now on.
   */
  switchTo({ service, ...flow }: Pick<SimulationInput, 'service' | keyof ItemFlow>): void {
    this.#service = service;
    this.#escalates = flow.escalates;
    this.#flow = flow;
  }

  get answered(): Answered {
    return { items: [...this.#items], settled: [...this.#settled] };
  }

  /** Number of requests that have ended without an answer that reached the client within `slaMs` of the request's arrival. */
  missed(slaMs: number): number {
    let missed = 0;
    for (let i = 0; i < this.#arrived; i++) {
      const outcome = this.#outcomes[i];
      if (outcome && !(outcome === 'completed' && this.#latencyMs[i]! <= slaMs)) missed++;
    }
    return missed;
  }

  /** Simulates all events up to and including `untilMs`. */
  runUntil(untilMs: number): void {
    for (;;) {
      const scheduledMs = this.#input.arrivalsMs[this.#arrived] ?? Number.POSITIVE_INFINITY;
      const dueMs = scheduledMs + this.#halfWayMs;
      const arrivalMs = Math.max(dueMs, this.#heldMs);
      const ending = this.#running.next();
      const batchMs = ending?.endMs ?? Number.POSITIVE_INFINITY;
      const servedMs = this.#thread.nextMs;
      const wakeMs = Math.max(this.#ringsMs(), this.#thread.freeMs);
      const atMs = Math.min(arrivalMs, batchMs, servedMs, wakeMs);
      if (atMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, atMs);
      if (servedMs === atMs) this.#thread.next();
      else if (ending && batchMs === atMs) this.#complete(ending);
      else if (arrivalMs === atMs && !this.#holds(dueMs)) this.#arrive(dueMs);
      this.#apply(this.dispatch.poll(this.#nowMs));
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Simulates until one SLA after the last arrival, and sheds the requests that are still open. */
  finish(): SimulationResult {
    const { arrivalsMs, policy } = this.#input;
    this.runUntil((arrivalsMs[arrivalsMs.length - 1] ?? 0) + policy.slaMs + this.#halfWayMs);
    // Requests that the sending thread still holds back enter now, so that each has an outcome.
    while (this.#arrived < arrivalsMs.length) this.#arrive(arrivalsMs[this.#arrived]! + this.#halfWayMs);
    this.#thread.flush();
    this.#apply(this.dispatch.close());
    for (const unfinished of this.#running.all) this.#record(unfinished);
    return {
      requests: this.#outcomes.map((outcome, i) => ({
        arrivalMs: arrivalsMs[i]!,
        latencyMs: outcome === 'completed' ? this.#latencyMs[i]! : null,
        outcome,
      })),
      downshifted: this.#settled.map(
        (settled, stage) => settled + this.#items[standbyRow(stage, this.#settled.length)]!,
      ),
    };
  }

  /**
   * The time at which the dispatch's timer rings; infinity if none is set. Each time that the timer is set, it gets another
   * lateness.
   */
  #ringsMs(): number {
    const dueMs = this.dispatch.nextWakeMs() ?? Number.POSITIVE_INFINITY;
    if (dueMs !== this.#alarm.dueMs) {
      const lateMs = this.#service.serving?.timerMs?.(this.#random) ?? 0;
      this.#alarm = { dueMs, ringsMs: dueMs + lateMs };
    }
    return this.#alarm.ringsMs;
  }

  /** Mean time that a request takes from its client to the server: half of the time for the way there and back. */
  get #halfWayMs(): number {
    return (this.#service.serving?.wayMs ?? 0) / 2;
  }

  /**
   * Whether the thread that sends requests is late for an arrival. After its wait, the thread sends at once all arrivals that
   * came meanwhile.
   */
  #holds(scheduledMs: number): boolean {
    if (scheduledMs <= this.#heldMs) return false;
    const lateMs = this.#service.latenessMs?.(this.#running.rows, this.#random) ?? 0;
    if (lateMs > 0) this.#heldMs = scheduledMs + lateMs;
    return lateMs > 0;
  }

  #arrive(arrivalMs: number): void {
    const request = this.#arrived++;
    this.#dealers.set(request, new ChildDealer(this.#flow, this.#input.policy.stages.length));
    const { serving } = this.#service;
    if (serving) {
      // A pause lengthens the request's way, and not its time on the thread.
      const idleMs = Math.max(0, arrivalMs - this.#thread.freeMs);
      this.#pausedMs[request] = serving.requestPauseMs?.(idleMs, this.#random) ?? 0;
      this.#thread.give(arrivalMs, serving.requestMs / 2, () => this.dispatch.arrive(request, arrivalMs));
    } else this.dispatch.arrive(request, arrivalMs);
  }

  #complete(ended: RunningBatch): void {
    const { worker, row, items, endMs } = ended;
    this.#running.end(ended, this.#service);
    this.#record(ended);
    getOrMake(this.#idleFromMs, worker, () => [])[row] = endMs;
    const { serving } = this.#service;
    if (serving) {
      const takesMs = serving.threadMs(row, items.length) / 2;
      this.#thread.give(endMs - takesMs, takesMs, () => this.#take(ended));
    } else this.#take(ended);
  }

  /** Tells the dispatch that a batch has ended, and which items of later stages come from its items. */
  #take({ batch, row, items }: RunningBatch): void {
    const { packItems } = this.#input;
    const dealers = this.#inFlight.get(batch)!;
    this.#inFlight.delete(batch);
    const follows = items.map((item, i) =>
      dealers[i]!.follow(item, packItems[item.request]!, row, this.#escalates),
    );
    this.dispatch.completed(batch, follows, this.#nowMs);
  }

  #apply(actions: readonly Action[]): void {
    const { serving } = this.#service;
    for (const action of actions) {
      if (action.kind === 'end') {
        const { request, outcome } = action;
        this.#outcomes[request] = outcome;
        this.#dealers.delete(request);
        const answeredMs = serving ? this.#answeredMs(serving) + this.#pausedMs[request]! : this.#nowMs;
        this.#latencyMs[request] = answeredMs - this.#input.arrivalsMs[request]!;
        continue;
      }
      if (action.kind === 'settle') {
        this.#settled[stageOf(action.item.row, this.#settled.length)]!++;
        continue;
      }
      const { batch, row, worker, items } = action;
      this.#items[row]! += items.length;
      const dealers = items.map(({ request }) => this.#dealers.get(request)!);
      this.#inFlight.set(batch, dealers);
      const handOutMs = (serving?.threadMs(row, items.length) ?? 0) / 2;
      // A batch starts before its hand-out, because the measured time of a batch contains the hand-out.
      const startMs = serving ? this.#thread.take(this.#nowMs, handOutMs) - handOutMs : this.#nowMs;
      const circumstances = {
        size: this.#sizeOf(items, dealers),
        beside: this.#running.beside(worker, this.#nowMs),
        after: this.#lastRow.get(worker),
        idleMs: this.#idleMs(row, worker, startMs),
        sample: this.#samples.next(row),
      };
      this.#lastRow.set(worker, row);
      const aloneMs = this.#service.sampleMs(row, items.length, this.#random, circumstances);
      const overlapMs = this.#service.overlapMs?.(row, items.length) ?? 0;
      const handed = { batch, row, worker, items, handedMs: startMs, aloneMs, overlapMs };
      this.#running.start(handed, this.#service);
    }
  }

  /** Total size of a batch's items; undefined if one of them is not known. */
  #sizeOf(items: readonly Item[], dealers: readonly ChildDealer[]): number | undefined {
    let total = 0;
    for (let i = 0; i < items.length; i++) {
      const size = dealers[i]!.sizeOf(items[i]!, this.#input.packItems[items[i]!.request]!);
      if (size === undefined) return undefined;
      total += size;
    }
    return total;
  }

  /**
   * How long a session was idle before a batch. Meanwhile its weights have left the caches, even if its worker ran another
   * session. 0 if the batch was handed out in advance, because it follows the batch before without a pause.
   */
  #idleMs(row: number, worker: string, startMs: number): number {
    if (this.#running.runs(worker)) return 0;
    return startMs - (this.#idleFromMs.get(worker)?.[row] ?? Number.NEGATIVE_INFINITY);
  }

  /** The time at which the client of a request that ends now has its answer. */
  #answeredMs({ requestMs, wayMs, sampleWayMs }: ServingModel): number {
    // The way from the client took its mean time, so the rest of the drawn time is left for the way back.
    return this.#thread.take(this.#nowMs, requestMs / 2) + sampleWayMs(this.#random) - wayMs / 2;
  }

  #record({ row, worker, items, startMs, endMs }: RunningBatch): void {
    this.onBatch?.({ row, worker, items: items.length, startMs, ms: endMs - startMs });
  }
}
