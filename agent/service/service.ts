import type { Item } from '../../models/items/item-batch.ts';
import type { Pipeline, PipelineStage } from '../../models/manifests/pipeline.ts';
import { resultsByStage } from '../../models/tasks/judge.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { slaText } from '../../solver/math/figures.ts';
import { type AdaptationOptions, Adapter } from '../../workers/executor/adapter.ts';
import { Executor } from '../../workers/executor/executor.ts';
import { ranAsPlanned } from '../../workers/executor/plan-rows.ts';
import type { StartWorker } from '../../workers/executor/start-worker.ts';
import type { SupervisorLimits } from '../../workers/executor/supervisor.ts';
import type { RequestAnswer } from '../../workers/executor/types.ts';
import { Telemetry } from '../http/telemetry.ts';
import { InferenceFailedError, UnavailableError, UnknownModelError } from './errors.ts';

/** The most open requests; a longer queue would only make every client wait. */
const OPEN_MAX = 1024;

export interface ServiceOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  readonly startWorker: StartWorker;
  /** Ends the start when it aborts; has no effect once the service has started. */
  readonly signal?: AbortSignal;
  /** Returns the options to adapt a plan to the load; absent if a plan serves until a client replaces it. */
  readonly adaptationFor?: ((plan: Plan) => AdaptationOptions) | undefined;
  readonly limits?: Partial<SupervisorLimits>;
  /** Whether the workers are pods. A pod itself reports how long it ran a batch, so the service does not measure that time. */
  readonly inPods?: boolean;
  /** Gets one line for a log, e.g. when a worker was lost or replaced, the plan switched, or a request failed. */
  onEvent(what: string): void;
}

/** The pipeline, or one of its stages, as a model of the Open Inference Protocol. */
export interface ServedModel {
  readonly name: string;
  /** Stages that a request to the model passes through. */
  readonly stages: readonly PipelineStage[];
  /** Name of the stage if the model is a single stage; undefined for the pipeline. */
  readonly singleStage: string | undefined;
}

/** A request arrived slowly if this share of its SLA passed until the agent had read it. */
const SLOW_SHARE = 0.5;

/** Why requests are not accepted. */
interface Refusal {
  readonly error: UnavailableError;
  /**
   * Whether more capacity would have prevented the refusal. Only such a refusal counts as a miss, and later plans make up for it.
   */
  readonly ofLoad: boolean;
}

/** Serves a plan, whatever the protocol: accepts requests, follows the load, replaces plans, drains. */
export class Service {
  readonly telemetry: Telemetry;
  readonly models: ReadonlyMap<string, ServedModel>;
  #executor!: Executor;
  #adapter: Adapter | undefined;
  #adaptedFromMs = 0;
  #foreseen: Plan | undefined;
  #replacing: Promise<unknown> = Promise.resolve();
  #draining = false;
  #inFlight = 0;
  /** Called when no request is in flight any more. */
  readonly #whenIdle: (() => void)[] = [];

  private constructor(private readonly options: ServiceOptions) {
    const { name: pipeline, stages } = options.pipeline;
    const models: ServedModel[] = [
      ...stages.map((stage) => ({
        name: stage.name,
        stages: [{ ...stage, next: null }],
        singleStage: stage.name,
      })),
      // The pipeline comes after the stages, so that its name wins over a stage of the same name.
      { name: pipeline, stages, singleStage: undefined },
    ];
    this.models = new Map(models.map((model) => [model.name, model]));
    const rows = options.plan.stages.map(({ name }) => name);
    this.telemetry = new Telemetry([...this.models.keys()], rows);
  }

  /** @throws ModelLoadError, ModelMismatchError, WorkerLostError, and the signal's reason when it is aborted */
  static async start(options: ServiceOptions): Promise<Service> {
    const service = new Service(options);
    const { telemetry } = service;
    service.#executor = await Executor.start(
      options.pipeline,
      options.plan,
      options.startWorker,
      {
        onBatch(batch) {
          telemetry.batch(batch);
          if (!options.inPods && ranAsPlanned(service.plan, batch))
            telemetry.ran(batch.stage, batch.items, batch.serviceMs);
        },
        onSettled: (stage) => telemetry.settled(stage),
        onLost: () => telemetry.workerLost(),
        onEvent: options.onEvent,
      },
      options.limits,
      options.signal,
    );
    service.#follow();
    return service;
  }

  get plan(): Plan {
    return this.#executor.plan;
  }

  /** Whether the service accepts requests and each row of the plan has a worker that is not overdue. */
  get ready(): boolean {
    return !this.#draining && this.#executor.ready;
  }

  /** Whether the service is ending, and so refuses all new requests. */
  get draining(): boolean {
    return this.#draining;
  }

  log(line: string): void {
    this.options.onEvent(line);
  }

  /** @throws UnknownModelError */
  model(name: string): ServedModel {
    const model = this.models.get(name);
    if (!model) throw new UnknownModelError(`model ${name}`, [...this.models.keys()]);
    return model;
  }

  /**
   * Returns why arrived requests cannot be accepted now, or undefined if they can. Counts refused requests as arrived and as
   * rejected.
   * @param arrivalMs when the requests arrived, in `performance.now()`
   * @param requests number of requests; before its body is read, an HTTP request counts as one
   */
  refusal(model: ServedModel, arrivalMs: number, requests = 1): UnavailableError | undefined {
    const refusal = this.#refusalOf(model, arrivalMs, requests);
    if (!refusal) return undefined;
    this.#arrived(model, arrivalMs, requests);
    this.telemetry.rejected(model.name, requests);
    if (refusal.ofLoad) this.#executor.refused(requests);
    return refusal.error;
  }

  /**
   * Runs each item as a request of its own, without changing the item.
   * @param arrivalMs when the items arrived, in `performance.now()`: latency counts from then on
   * @returns results by item, then by stage
   * @throws UnavailableError if not all items are accepted, or one is shed; InferenceFailedError if one fails
   */
  async infer(model: ServedModel, items: readonly Item[], arrivalMs: number): Promise<StageResult[][][]> {
    const refusal = this.refusal(model, arrivalMs, items.length);
    if (refusal) throw refusal;
    const { name, singleStage } = model;
    this.#arrived(model, arrivalMs, items.length);
    this.#inFlight++;
    try {
      const answers = await Promise.all(
        items.map(async (item) => {
          const answer = await this.#executor.submit(item, arrivalMs, singleStage);
          this.telemetry.ended(name, answer.outcome, answer.latencyMs, this.plan.slaMs);
          return answer;
        }),
      );
      return answers.map((answer, i) => this.#resultsOf(name, answer, i));
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /**
   * Switches to another plan of the same pipeline while requests run, without failing any, and adapts the new plan from then
   * on.
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError; the current plan then stays
   */
  replace(plan: Plan): Promise<void> {
    const done = this.#replacing.then(async () => {
      this.#adapter?.stop();
      try {
        await this.#executor.switchTo(plan);
        this.telemetry.switched();
      } finally {
        this.#follow();
      }
    });
    this.#replacing = done.catch(() => {});
    return done;
  }

  /** Refuses new requests; resolves when the accepted ones have ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Sheds the open requests and ends the workers. */
  close(): void {
    this.#draining = true;
    this.#adapter?.stop();
    this.#executor.close();
  }

  metrics(): Promise<string> {
    const { plan, queued, replicas, open } = this.#executor;
    const { stages: foreseen } = this.#foreseen ?? plan;
    return this.telemetry.text({ plan, queued, replicas, open, foreseen });
  }

  /**
   * Sets the plan whose replicas the metrics report as wanted, because in some clusters an autoscaler sets the number of
   * replicas.
   */
  foresee(plan: Plan): void {
    this.#foreseen = plan;
  }

  #follow(): void {
    const adaptation = this.options.adaptationFor?.(this.plan);
    if (!adaptation || this.#draining) return;
    this.#adaptedFromMs = performance.now();
    this.#adapter = new Adapter(adaptation, this.#executor, {
      onStep: () => {},
      onSwitch: () => this.telemetry.switched(),
      onEvent: this.options.onEvent,
    });
  }

  #refusalOf({ singleStage }: ServedModel, arrivalMs: number, requests: number): Refusal | undefined {
    const { open } = this.#executor;
    const { slaMs } = this.plan;
    const refusal = (ofLoad: boolean, why: string, remedy?: string): Refusal => ({
      error: new UnavailableError(why, this.#retryAfterS, remedy),
      ofLoad,
    });
    if (this.#draining) return refusal(false, 'The agent is shutting down');
    if (open + requests > OPEN_MAX)
      return refusal(true, `${open} requests are open, and at most ${OPEN_MAX} may be`);
    if (this.#executor.canMake(arrivalMs, requests, singleStage)) return undefined;
    const nowMs = performance.now();
    const passedMs = nowMs - arrivalMs;
    // Behind a long queue even a short delay of the arrival makes a request miss its SLA: then the load, and not the delay, is to
    // blame.
    if (passedMs < SLOW_SHARE * slaMs || !this.#executor.canMake(nowMs, requests, singleStage))
      return refusal(true, `Too many requests wait to answer this one within ${slaText(slaMs)}`);
    return refusal(
      false,
      `${Math.round(passedMs)} ms passed until the agent had read the request, which leaves too little of its ${slaText(slaMs)}: the network was slow, or the agent was busy`,
      `Send it again in ${this.#retryAfterS} s. If the network is slow, send a smaller body`,
    );
  }

  /** Counts requests for the metrics. Requests to the whole pipeline count for the forecast of the load, too. */
  #arrived({ name, singleStage }: ServedModel, arrivalMs: number, requests: number): void {
    this.telemetry.arrived(name, requests);
    if (singleStage !== undefined) return;
    for (let i = 0; i < requests; i++) this.#adapter?.arrived(arrivalMs - this.#adaptedFromMs);
  }

  /** Seconds until a client should try again: after one SLA, all requests that wait now have ended. */
  get #retryAfterS(): number {
    return Math.max(1, Math.ceil(this.plan.slaMs / 1000));
  }

  #resultsOf(model: string, { outcome, answer }: RequestAnswer, item: number): StageResult[][] {
    if (outcome === 'shed')
      throw new UnavailableError(
        `Item ${item} could not be answered within ${slaText(this.plan.slaMs)}`,
        this.#retryAfterS,
      );
    if (outcome === 'failed') throw new InferenceFailedError(model, item);
    return resultsByStage(answer, this.options.pipeline.stages.length);
  }
}
