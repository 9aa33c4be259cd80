import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome } from '../../solver/dispatch/types.ts';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { cpuMs } from '../../workers/environment/node.ts';
import type { BatchRecord } from '../../workers/executor/types.ts';
import { labelValue } from '../cluster/names.ts';

/** State of a service for Prometheus gauges, read when Prometheus asks for the metrics. */
interface ServiceState {
  readonly plan: Plan;
  /** Number of waiting items, by index of the plan's row. */
  readonly queued: readonly number[];
  /** Number of serving workers, by index of the plan's row. */
  readonly replicas: readonly number[];
  /** Number of requests that were accepted and have not ended. */
  readonly open: number;
  /** The replicas that the plan for the coming load wants for each row, whether or not that many serve already. */
  readonly foreseen: readonly Pick<PlanStage, 'name' | 'replicas'>[];
}

const OUTCOMES: readonly (Outcome | 'rejected')[] = ['completed', 'shed', 'failed', 'rejected'];
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const ITEMS = [1, 2, 4, 8, 16, 32, 64, 128];

/** The Prometheus metrics of a service. A request is one item, although one HTTP request may hold many. */
export class Telemetry {
  readonly #metrics = new Metrics();
  readonly contentType: string = this.#metrics.registry.contentType;
  readonly #arrivals = this.#metrics.counter('arrivals_total', 'Requests that have arrived.', ['model']);
  readonly #requests = this.#metrics.counter(
    'requests_total',
    'Requests by outcome: completed, shed, failed, or rejected on arrival.',
    ['model', 'outcome'],
  );
  readonly #inTime = this.#metrics.counter(
    'requests_in_time_total',
    'Requests that were completed within the SLA of the plan.',
    ['model'],
  );
  readonly #latency = this.#metrics.seconds(
    'request_duration_seconds',
    'Latency of completed requests, from arrival to end.',
    'model',
  );
  readonly #waits = this.#metrics.seconds(
    'queue_seconds',
    'Time that the first item of a batch waits until the batch starts.',
  );
  readonly #batchItems = this.#metrics.histogram('batch_items', 'Items in a batch.', ['stage'], ITEMS);
  readonly #downshifted = this.#metrics.counter(
    'downshifted_items_total',
    'Items that a lighter variant than planned answered, because of a burst.',
    ['stage'],
  );
  readonly #batchSeconds = this.#metrics.seconds(
    'batch_duration_seconds',
    'Time from the start of a batch in its worker until its results are back.',
  );
  readonly #hopSeconds = this.#metrics.seconds(
    'hop_seconds',
    'Time of a batch on its way to a pod and back, without its run there.',
  );
  readonly #runSeconds = this.#metrics.seconds(
    'run_seconds',
    'Time of a batch of the planned variant in its worker; in a cluster, in its pod.',
  );
  readonly #runItems = this.#metrics.counter(
    'run_items_total',
    'Items of the batches whose time in their worker was measured.',
    ['stage'],
  );
  readonly #core = this.#metrics.counter('core_seconds_total', 'Core time of the process that serves.');
  readonly #switches = this.#metrics.counter('plan_switches_total', 'Switches to another plan.');
  readonly #lost = this.#metrics.counter(
    'workers_lost_total',
    'Workers that ended while they were needed, and were replaced.',
  );
  readonly #queued = this.#metrics.gauge('queue_items', 'Items that wait in the queue.', ['stage']);
  readonly #replicas = this.#metrics.gauge('replicas', 'Workers that serve a stage.', ['stage']);
  readonly #foreseen = this.#metrics.gauge(
    'stage_replicas_foreseen',
    'Workers of a stage that the plan for the coming load wants.',
    ['pipeline', 'stage'],
  );
  readonly #open = this.#metrics.gauge('open_requests', 'Requests that were accepted and have not ended.');
  readonly #info = this.#metrics.gauge('plan_info', 'The plan that serves, in its labels; always 1.', [
    'pipeline',
    'stage',
    'variant',
    'backend',
    'batch',
    'replicas',
  ]);
  readonly #sla = this.#metrics.gauge('plan_sla_seconds', 'Latency bound of the plan.');
  readonly #rate = this.#metrics.gauge('plan_requests_per_second', 'Arrival rate that the plan is made for.');

  /**
   * Starts the series of these models and stages at 0, because Prometheus misses the first increase of a series that only appears
   * with this increase.
   */
  constructor(models: readonly string[], stages: readonly string[]) {
    for (const model of models) {
      this.#arrivals.inc({ model }, 0);
      this.#inTime.inc({ model }, 0);
      for (const outcome of OUTCOMES) this.#requests.inc({ model, outcome }, 0);
      this.#latency.zero({ model });
    }
    const seconds = [this.#waits, this.#batchSeconds, this.#hopSeconds, this.#runSeconds];
    for (const stage of stages) {
      for (const each of [this.#batchItems, ...seconds]) each.zero({ stage });
      for (const each of [this.#downshifted, this.#runItems]) each.inc({ stage }, 0);
    }
  }

  arrived(model: string, requests: number): void {
    this.#arrivals.inc({ model }, requests);
  }

  ended(model: string, outcome: Outcome, latencyMs: number, slaMs: number): void {
    this.#requests.inc({ model, outcome });
    if (outcome !== 'completed') return;
    this.#latency.observe({ model }, latencyMs / 1000);
    if (latencyMs <= slaMs) this.#inTime.inc({ model });
  }

  /** Counts requests that were refused on arrival. */
  rejected(model: string, requests: number): void {
    this.#requests.inc({ model, outcome: 'rejected' }, requests);
  }

  batch({ stage, items, serviceMs, waitedMs, standby }: BatchRecord): void {
    this.#waits.observe({ stage }, waitedMs / 1000);
    this.#batchItems.observe({ stage }, items);
    this.#batchSeconds.observe({ stage }, serviceMs / 1000);
    if (standby) this.#downshifted.inc({ stage }, items);
  }

  /** Counts an item that settled: in a burst, it did not escalate to the heavy variant, but kept the light variant's answer. */
  settled(stage: string): void {
    this.#downshifted.inc({ stage });
  }

  /** Observes a batch's hop: its round trip to a pod and back, without the run there. */
  hop(stage: string, wayMs: number): void {
    this.#hopSeconds.observe({ stage }, wayMs / 1000);
  }

  /** Observes how long a batch of the planned variant ran in its worker. */
  ran(stage: string, items: number, ms: number): void {
    this.#runSeconds.observe({ stage }, ms / 1000);
    this.#runItems.inc({ stage }, items);
  }

  switched(): void {
    this.#switches.inc();
  }

  workerLost(): void {
    this.#lost.inc();
  }

  /** All metrics in the Prometheus text format. */
  text({ plan, queued, replicas, open, foreseen }: ServiceState): Promise<string> {
    // Resets the gauges, because the previous plan may have had rows that this plan does not have.
    for (const gauge of [this.#info, this.#queued, this.#replicas, this.#foreseen]) gauge.reset();
    const { pipeline } = plan;
    // A selector of an autoscaler selects these values, so they must be ones that a selector can have.
    for (const { name, replicas: wanted } of foreseen)
      this.#foreseen.set({ pipeline: labelValue(pipeline), stage: labelValue(name) }, wanted);
    plan.stages.forEach(({ name: stage, variant, backend, batch, replicas: planned }, s) => {
      this.#queued.set({ stage }, queued[s]!);
      this.#replicas.set({ stage }, replicas[s]!);
      this.#info.set({ pipeline, stage, variant, backend, batch, replicas: planned }, 1);
    });
    this.#core.reset();
    this.#core.inc(cpuMs() / 1000);
    this.#open.set(open);
    this.#sla.set(plan.slaMs / 1000);
    this.#rate.set(plan.ratePerS);
    return this.#metrics.registry.metrics();
  }
}

/** A batch that a replica has run. */
export interface ReplicaBatch {
  readonly stage: string;
  readonly items: number;
  /** Time from the batch's arrival until the batches before it had ended. */
  readonly waitMs: number;
  readonly serviceMs: number;
}

/** The Prometheus metrics of a replica. */
export class ReplicaTelemetry {
  readonly #metrics = new Metrics();
  readonly contentType: string = this.#metrics.registry.contentType;
  readonly #items = this.#metrics.histogram('replica_batch_items', 'Items in a batch.', ['stage'], ITEMS);
  readonly #wait = this.#metrics.seconds(
    'replica_wait_seconds',
    'Time that a batch waits for the batches before it.',
  );
  readonly #service = this.#metrics.seconds(
    'replica_batch_seconds',
    'Time from the start of a batch until its results are there.',
  );

  /** Starts the series of these stages at 0, as {@link Telemetry} does. */
  constructor(stages: readonly string[]) {
    for (const stage of stages)
      for (const each of [this.#items, this.#wait, this.#service]) each.zero({ stage });
  }

  readonly batch = ({ stage, items, waitMs, serviceMs }: ReplicaBatch): void => {
    this.#items.observe({ stage }, items);
    this.#wait.observe({ stage }, waitMs / 1000);
    this.#service.observe({ stage }, serviceMs / 1000);
  };

  /** All metrics in the Prometheus text format. */
  text(): Promise<string> {
    return this.#metrics.registry.metrics();
  }
}

/** Makes the metrics of a process, whose names begin with `ipa_edge_`. */
class Metrics {
  readonly registry = new Registry();

  counter(name: string, help: string, labelNames: string[] = []) {
    return new Counter({ name: `ipa_edge_${name}`, help, labelNames, registers: [this.registry] });
  }

  gauge(name: string, help: string, labelNames: string[] = []) {
    return new Gauge({ name: `ipa_edge_${name}`, help, labelNames, registers: [this.registry] });
  }

  seconds(name: string, help: string, label = 'stage') {
    return this.histogram(name, help, [label], SECONDS);
  }

  histogram(name: string, help: string, labelNames: string[], buckets: number[]) {
    return new Histogram({ name: `ipa_edge_${name}`, help, labelNames, buckets, registers: [this.registry] });
  }
}
