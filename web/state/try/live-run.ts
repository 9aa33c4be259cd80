import { addScores, metricOf, NO_SCORE, type Score } from '../../../models/tasks/score.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import { cpuCoresOf, type Plan } from '../../../solver/documents/plan.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { nearestRank, sortedNumbers } from '../../../solver/math/statistics.ts';
import { isValid } from '../../../solver/report/lateness.ts';
import type { EndedRequest, RunWatch } from '../../../workers/executor/run-options.ts';
import type { BatchRecord } from '../../../workers/executor/types.ts';

/** Charts show the last 60 s of a run, and statistics are over the last 10 s. */
export const WINDOW_S = 60;
const RECENT_S = 10;

/** Counts, points and times within one second of a run. */
class Second {
  sent = 0;
  score: Score = NO_SCORE;
  /** For each stage, the number of items that ran, and the number that their batches could hold. */
  readonly items = new Map<string, { run: number; slots: number }>();
  gpuMs = 0;
  /** Busy time × threads, summed over all workers on the CPU. */
  coreMs = 0;
}

interface Ended {
  readonly arrivalMs: number;
  readonly endMs: number;
  readonly latencyMs: number;
  /** How late the request was sent. */
  readonly lateMs: number;
  readonly outcome: EndedRequest['answer']['outcome'];
}

/** One value for each second; null if unknown. */
export type PerSecond = readonly (number | null)[];

/** A summary of a run at one moment, for the page. */
export type LiveView = NonNullable<ReturnType<LiveRun['view']>>;

/** Records a running plan at low cost, and summarises it only when the page draws. */
export class LiveRun implements RunWatch {
  readonly plans: RunReport['plans'] = [];
  readonly events: RunReport['events'] = [];
  /** The time until the last request has ended, as the run estimates it; null until the run reports it. */
  timeLeftMs: number | null = null;
  #startMs: number | undefined;
  #seconds: Second[] = [];
  #ended: Ended[] = [];
  #lateness: { arrivalMs: number; ms: number }[] = [];
  /** How late each request in flight was sent, by its arrival. */
  readonly #lateInFlight = new Map<number, number>();
  #sent = 0;
  #outcomes = { completed: 0, shed: 0, failed: 0 };
  #latest: EndedRequest | null = null;

  constructor(private readonly slaMs: number) {}

  onPlan(served: RunReport['plans'][number]): void {
    this.#startMs ??= performance.now() - served.atMs;
    this.plans.push(served);
  }

  onSent(arrivalMs: number, latenessMs: number): void {
    this.#sent++;
    this.#second(arrivalMs).sent++;
    this.#lateness.push({ arrivalMs, ms: latenessMs });
    this.#lateInFlight.set(arrivalMs, latenessMs);
  }

  onEnded(request: EndedRequest): void {
    const { arrivalMs, score, answer } = request;
    const { outcome, latencyMs } = answer;
    const endMs = arrivalMs + latencyMs;
    this.#outcomes[outcome]++;
    const lateMs = this.#lateInFlight.get(arrivalMs) ?? 0;
    this.#lateInFlight.delete(arrivalMs);
    this.#ended.push({ arrivalMs, endMs, latencyMs, lateMs, outcome });
    if (outcome === 'completed') this.#latest = request;
    if (!score) return;
    const second = this.#second(endMs);
    second.score = addScores(second.score, score);
  }

  onBatch({ stage: name, backend, items, startMs, serviceMs }: BatchRecord): void {
    const stage = this.plans.at(-1)?.plan.stages.find((one) => one.name === name);
    if (!stage || this.#startMs === undefined) return;
    const fromMs = startMs - this.#startMs;
    const own = this.#second(fromMs + serviceMs).items;
    const { run, slots } = own.get(name) ?? { run: 0, slots: 0 };
    own.set(name, { run: run + items, slots: slots + Math.max(items, stage.batch) });
    // A long batch counts in every second in which its worker is busy.
    for (let ms = fromMs; ms < fromMs + serviceMs; ms = 1000 * (Math.floor(ms / 1000) + 1)) {
      const untilMs = Math.min(fromMs + serviceMs, 1000 * (Math.floor(ms / 1000) + 1));
      if (onGpu(backend)) this.#second(ms).gpuMs += untilMs - ms;
      else this.#second(ms).coreMs += (untilMs - ms) * stage.threads;
    }
  }

  onEvent(event: RunReport['events'][number]): void {
    this.events.push(event);
  }

  /** The request that completed last; null if there is none, or if an earlier call has returned it. */
  takeLatest(): EndedRequest | null {
    const latest = this.#latest;
    this.#latest = null;
    return latest;
  }

  /** Summarises the run; null until the workers are ready. Drops the records of requests that are too old for the charts. */
  view() {
    if (this.#startMs === undefined) return null;
    const nowMs = performance.now() - this.#startMs;
    const wholeS = Math.floor(nowMs / 1000);
    const fromS = Math.max(0, wholeS - WINDOW_S);
    // A request may take longer than the charts show, and still counts in the statistics.
    this.#ended = this.#ended.filter(
      ({ arrivalMs, endMs }) => arrivalMs >= 1000 * fromS || endMs >= nowMs - 1000 * RECENT_S,
    );
    this.#lateness = this.#lateness.filter(({ arrivalMs }) => arrivalMs >= nowMs - 1000 * RECENT_S);
    const seconds = Array.from({ length: wholeS - fromS }, (_, i) => this.#seconds[fromS + i] ?? EMPTY);
    const recent = seconds.slice(-RECENT_S);
    const stages = [...new Set(this.plans.flatMap(({ plan }) => plan.stages.map(({ name }) => name)))];
    return {
      nowMs,
      timeLeftMs: this.timeLeftMs,
      /** The first second in the charts, at index 0 of every {@link PerSecond}. */
      fromS,
      sent: this.#sent,
      ...this.#outcomes,
      ratePerS: seconds.map(({ sent }) => sent),
      // One second has too few answers for an accuracy, so each point covers the previous 10 s.
      accuracy: seconds.map((_, i) => accuracyOf(seconds.slice(Math.max(0, i + 1 - RECENT_S), i + 1))),
      gpuShare: seconds.map(({ gpuMs }) => gpuMs / 1000),
      cores: seconds.map(({ coreMs }) => coreMs / 1000),
      fill: new Map(stages.map((name) => [name, seconds.map((second) => fillOf([second], name))])),
      /** Ended requests that arrived in the time that the charts show, in order of their end. */
      ended: this.#ended.filter(({ arrivalMs }) => arrivalMs >= 1000 * fromS),
      recent: {
        ...this.#recentLatency(nowMs),
        ratePerS: meanOf(recent, ({ sent }) => sent),
        accuracy: accuracyOf(recent),
        gpuShare: meanOf(recent, ({ gpuMs }) => gpuMs / 1000),
        cores: meanOf(recent, ({ coreMs }) => coreMs / 1000),
        fill: new Map(stages.map((name) => [name, fillOf(recent, name)])),
        latenessP99Ms: this.#latenessP99Ms,
      },
      plans: [...this.plans],
      events: [...this.events],
    };
  }

  get #latenessP99Ms(): number {
    const sorted = sortedNumbers(this.#lateness.map(({ ms }) => ms));
    return sorted.length ? Math.max(0, nearestRank(sorted, 99)) : 0;
  }

  #recentLatency(nowMs: number) {
    const ended = this.#ended.filter(({ endMs }) => endMs >= nowMs - 1000 * RECENT_S);
    const latencies = sortedNumbers(
      ended.flatMap(({ outcome, latencyMs }) => (outcome === 'completed' ? latencyMs : [])),
    );
    const at = (percentile: number) => (latencies.length ? nearestRank(latencies, percentile) : null);
    const within = latencies.filter((ms) => ms <= this.slaMs).length;
    const records = ended.map(({ outcome, latencyMs }) => ({
      latencyMs: outcome === 'completed' ? latencyMs : null,
    }));
    return {
      attainment: ended.length ? within / ended.length : null,
      p50Ms: at(50),
      p95Ms: at(95),
      /** Whether the latencies show the plan, as a report of these requests would say, and not late sending. */
      valid: isValid(
        records,
        ended.map(({ lateMs }) => lateMs),
        this.slaMs,
      ),
    };
  }

  #second(ms: number): Second {
    const s = Math.max(0, Math.floor(ms / 1000));
    this.#seconds[s] ??= new Second();
    return this.#seconds[s];
  }
}

const EMPTY = new Second();

const accuracyOf = (seconds: readonly Second[]): number | null =>
  metricOf(seconds.reduce((sum, { score }) => addScores(sum, score), NO_SCORE));

/** Mean fill of batches: items that ran ÷ items that their batches could hold. */
function fillOf(seconds: readonly Second[], stage: string): number | null {
  let [run, slots] = [0, 0];
  for (const { items } of seconds) {
    run += items.get(stage)?.run ?? 0;
    slots += items.get(stage)?.slots ?? 0;
  }
  return slots ? run / slots : null;
}

const meanOf = (seconds: readonly Second[], value: (second: Second) => number): number =>
  seconds.length ? seconds.reduce((sum, second) => sum + value(second), 0) / seconds.length : 0;

/** Cores and GPU share that a plan reserves. */
export function held(plan: Plan): { cores: number; gpuShare: number } {
  return {
    cores: cpuCoresOf(plan),
    gpuShare: plan.stages.reduce((sum, { gpuShare }) => sum + gpuShare, 0),
  };
}
