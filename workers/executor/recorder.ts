import type { Plan } from '../../solver/documents/plan.ts';
import { type Adaptation, EVENT_LENGTH_MAX } from '../../solver/documents/run-report.ts';
import type { Caller } from '../environment/caller.ts';
import { Judge } from './judge.ts';
import type { EndedRequest, RunOptions } from './run-options.ts';
import type { RunRecord } from './run-record.ts';
import type { BatchRecord, RequestAnswer } from './types.ts';

/** Shortest time between two calls of `onProgress`, because a call may cost more than a request does. */
const PROGRESS_MS = 250;

/** Records the plans, requests, batches and events of a run, and calls the run's callbacks. */
export class Recorder {
  readonly #batches: RunRecord['batches'][number][] = [];
  readonly #settled: RunRecord['settled'][number][] = [];
  readonly #answers: RequestAnswer[] = [];
  readonly #lateness: number[] = [];
  readonly #plans: RunRecord['plans'] = [];
  readonly #steps: RunRecord['steps'] = [];
  readonly #events: RunRecord['events'] = [];
  readonly #judge: Judge;
  #startMs = performance.now();
  #reportedMs = 0;
  #ended = 0;

  constructor(
    private readonly options: RunOptions,
    private readonly caller: Caller,
  ) {
    this.#judge = new Judge(options.models.pipeline);
  }

  /** The record so far, without the parts that stay the same during a run. */
  get record(): Omit<RunRecord, 'pack' | 'device' | 'packItems'> {
    return {
      answers: this.#answers,
      lateness: this.#lateness,
      judge: this.#judge,
      batches: this.#batches,
      settled: this.#settled,
      events: this.#events,
      plans: this.#plans,
      steps: this.#steps,
    };
  }

  /** When the run began, in `performance.now()`. */
  get startMs(): number {
    return this.#startMs;
  }

  /** When the last request misses the SLA, counted from the beginning of the run. */
  get endMs(): number {
    const { load, plan } = this.options;
    return (load.arrivalsMs.at(-1) ?? 0) + plan.slaMs;
  }

  /** Time since the beginning of the run. */
  get nowMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Begins the run: its first plan serves from now on. */
  start(): void {
    this.#startMs = performance.now();
    this.#serves({ atMs: 0, plan: this.options.plan });
    this.#reportProgress();
  }

  switched(plan: Plan): void {
    this.#serves({ atMs: this.nowMs, plan });
  }

  #serves(served: RunRecord['plans'][number]): void {
    this.#plans.push(served);
    this.caller.tell(() => this.options.watch?.onPlan(served));
  }

  stepped(step: Adaptation['steps'][number]): void {
    this.#steps.push(step);
  }

  ran(batch: BatchRecord): void {
    this.#batches.push({ ...batch, plan: this.#plans.at(-1)!.plan });
    this.caller.tell(() => this.options.watch?.onBatch(batch));
  }

  settled(stage: string): void {
    this.#settled.push({ stage, plan: this.#plans.at(-1)!.plan, items: 1 });
  }

  happened(what: string): void {
    const event = { atMs: Math.max(0, this.nowMs), what: what.slice(0, EVENT_LENGTH_MAX) };
    this.#events.push(event);
    this.caller.tell(() => this.options.watch?.onEvent(event));
  }

  /** Records that the next request is sent now. @param arrivalMs its scheduled arrival, counted from the beginning of the run */
  sent(arrivalMs: number): void {
    const latenessMs = this.nowMs - arrivalMs;
    this.#lateness.push(latenessMs);
    this.caller.tell(() => this.options.watch?.onSent(arrivalMs, latenessMs));
  }

  /** Records how a request ended. @param index which request it was, counted from 0 */
  ended(index: number, request: Omit<EndedRequest, 'score'>): void {
    const { answer, truth } = request;
    this.#answers[index] = answer;
    this.#ended++;
    // The labels are the caller's, too: one that cannot be judged ends the run, and not the process.
    this.caller.tell(() => {
      const score = truth && answer.outcome === 'completed' ? this.#judge.add(answer.answer, truth) : null;
      return this.options.watch?.onEnded({ ...request, score });
    });
    this.#reportProgress();
  }

  /** A headless page takes about 1 ms to report. After each send, the report would delay the first batch of the request. */
  #reportProgress(): void {
    const now = performance.now();
    if (now - this.#reportedMs < PROGRESS_MS) return;
    this.#reportedMs = now;
    const { name, load } = this.options;
    const counts = { sent: this.#lateness.length, ended: this.#ended, total: load.arrivalsMs.length };
    const timeLeftMs = Math.max(0, this.endMs - this.nowMs);
    this.caller.tell(() => this.options.onProgress?.({ run: name, ...counts, timeLeftMs }));
  }
}
