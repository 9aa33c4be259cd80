import type { ItemBatch } from '../../../models/items/item-batch.ts';
import type { Pipeline, PipelineStage } from '../../../models/manifests/pipeline.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { Plan, PlanStage, PlanWorker } from '../../../solver/documents/plan.ts';
import { after, sleep } from '../../../workers/executor/clock.ts';
import type { CrewWorker, Recruit } from '../../../workers/executor/crew.ts';
import { message } from '../../../workers/runtime/errors.ts';
import type { Runtime } from '../../../workers/runtime/runtime.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { PlanRefusedError, UnavailableError, UnknownModelError } from '../../service/errors.ts';
import { sameResources } from '../replica-plan.ts';

export interface StageServiceOptions {
  readonly pipeline: Pipeline;
  /** What of the plan is not of the stage. */
  readonly plan: Plan;
  readonly stage: string;
  readonly recruit: Recruit;
  onEvent(what: string): void;
}

/** A variant that is loaded. */
interface Held {
  readonly planned: PlanStage;
  readonly worker: CrewWorker;
  inFlight: number;
  usedMs: number;
}

/** How long a variant is kept that is not the chosen one any more and that nobody asks for. */
const LINGER_MS = 30_000;
const RESPAWN_MS = [0, 500, 2000, 10_000];
/** As the executor's: a batch that takes longer than this many times its expected time, and this long, hangs. */
const HUNG = { times: 20, ms: 30_000 };
/** Batches that wait for the session: a gateway hands out two. */
const MOST_WAITING = 16;

/**
 * One stage of a plan in a pod: runs the batches that it is sent, each as it is. Another variant is loaded beside the one
 * that serves and then chosen; the one before goes when nobody asks for it any more.
 */
export class StageService {
  readonly stage: PipelineStage;
  readonly #held = new Map<string, Held>();
  #chosen: PlanStage;
  #changing: Promise<unknown> = Promise.resolve();
  #accepting = true;
  #closed = false;
  #cancelSweep: () => void = () => {};

  private constructor(private readonly options: StageServiceOptions) {
    const { pipeline, plan, stage } = options;
    this.stage = pipeline.stage(stage);
    this.#chosen = plan.stages.find(({ name }) => name === stage)!;
  }

  /** With the plan's variant loaded and warmed up. @throws ModelLoadError, ModelMismatchError, WorkerLostError */
  static async start(options: StageServiceOptions): Promise<StageService> {
    const service = new StageService(options);
    await service.#load(service.#chosen);
    service.#sweep();
    return service;
  }

  /** What serves who asks for no variant in particular. */
  get chosen(): PlanStage {
    return this.#chosen;
  }

  get variants(): string[] {
    return [...this.#held.keys()];
  }

  get accepting(): boolean {
    return this.#accepting;
  }

  get ready(): boolean {
    return this.#accepting && this.#held.has(this.#chosen.variant);
  }

  /** ONNX Runtime here; undefined while nothing is loaded. */
  get runtime(): Runtime['info'] | undefined {
    return [...this.#held.values()][0]?.worker.info;
  }

  /**
   * Changes variant and batch while requests run. One change waits for the other.
   * @throws PlanRefusedError where it needs another pod; ModelLoadError, ModelMismatchError, WorkerLostError
   */
  change(planned: PlanStage): Promise<void> {
    const done = this.#changing.then(async () => {
      this.#check(planned);
      const held = this.#held.get(planned.variant);
      // On a GPU the shaders of a larger batch are compiled before it comes.
      if (!held || (onGpu(planned.backend) && held.planned.batch < planned.batch)) await this.#load(planned);
      if (this.#chosen.variant !== planned.variant || this.#chosen.batch !== planned.batch)
        this.tell(`changed to ${planned.variant} b${planned.batch}`);
      this.#chosen = planned;
    });
    this.#changing = done.catch(() => {});
    return done;
  }

  /**
   * Runs items as one batch. @param variant absent: the chosen one
   * @throws UnknownModelError, UnavailableError, and what running throws
   */
  async run(items: ItemBatch, variant = this.#chosen.variant): Promise<StageRun> {
    const held = this.#held.get(variant);
    if (!held) {
      if (variant === this.#chosen.variant) throw new UnavailableError(`${variant} is being loaded again`, 1);
      throw new UnknownModelError(`version ${variant} of model ${this.stage.name}`, this.variants);
    }
    if (!this.#accepting) throw new UnavailableError('The pod is shutting down', 1);
    if (held.inFlight >= MOST_WAITING) throw new UnavailableError(`${held.inFlight} batches wait already`, 1);
    const longestMs = Math.max(...held.planned.serviceMs.map(({ meanMs }) => meanMs));
    const limitMs = Math.max(HUNG.ms, HUNG.times * longestMs * (held.inFlight + 1));
    const watchdog = setTimeout(() => held.worker.terminate(), limitMs);
    held.inFlight++;
    try {
      return await held.worker.run(this.stage.name, items);
    } finally {
      clearTimeout(watchdog);
      held.inFlight--;
      held.usedMs = performance.now();
    }
  }

  tell(what: string): void {
    this.options.onEvent(what);
  }

  /** Lets no batch in any more; resolves when those in flight have ended. */
  async drain(): Promise<void> {
    this.#accepting = false;
    while ([...this.#held.values()].some(({ inFlight }) => inFlight > 0)) await sleep(50);
  }

  close(): void {
    this.#closed = true;
    this.#accepting = false;
    this.#cancelSweep();
    for (const { worker } of this.#held.values()) worker.terminate();
    this.#held.clear();
  }

  #check({ name, variant, sha256, ...rest }: PlanStage): void {
    const source = `What was asked of stage ${this.stage.name}`;
    const known = this.stage.stage.variants.find((v) => v.name === variant);
    const reasons = [
      ...(name === this.stage.name ? [] : [`it is of stage ${name}`]),
      ...(known && sha256Of(known) === sha256
        ? []
        : [`${variant} with SHA-256 ${sha256} is not in this image`]),
    ];
    if (reasons.length > 0)
      throw new PlanRefusedError(source, reasons, 'Give the pods an image with the models of the plan.');
    if (!sameResources({ ...this.#chosen, ...rest }, this.#chosen))
      throw new PlanRefusedError(
        source,
        [
          `it needs ${rest.backend} with ${rest.threads} threads, and this pod has ${this.#chosen.backend} with ${this.#chosen.threads}`,
        ],
        'Apply the plan, so that the pods are replaced.',
      );
  }

  async #load(planned: PlanStage): Promise<void> {
    const { plan, recruit } = this.options;
    const { name, backend, threads, variant } = planned;
    const planWorker: PlanWorker = { id: name, backend, threads, stages: [name] };
    const own = { ...plan, stages: plan.stages.map((stage) => (stage.name === name ? planned : stage)) };
    const worker = await recruit(`${name}-${variant}`, planWorker, own);
    if (this.#closed) return worker.terminate();
    const before = this.#held.get(variant);
    const held: Held = { planned, worker, inFlight: 0, usedMs: performance.now() };
    this.#held.set(variant, held);
    void worker.lost.then((reason) => this.#lose(held, reason));
    if (before) void this.#endWhenIdle(before);
  }

  /** A session that ended is loaded again, until it is, or until it is not the chosen one. */
  async #lose(held: Held, reason: string): Promise<void> {
    const { planned, worker } = held;
    if (this.#closed || this.#held.get(planned.variant) !== held) return;
    worker.terminate();
    this.#held.delete(planned.variant);
    this.tell(`the session of ${planned.variant} was lost (${reason})`);
    for (let tried = 0; ; tried++) {
      await sleep(RESPAWN_MS[Math.min(tried, RESPAWN_MS.length - 1)]!);
      const { variant } = this.#chosen;
      if (this.#closed || variant !== planned.variant || this.#held.has(variant)) return;
      try {
        return await this.#load(this.#chosen);
      } catch (error) {
        this.tell(`${variant} could not be loaded again: ${message(error)}`);
      }
    }
  }

  async #endWhenIdle(held: Held): Promise<void> {
    while (held.inFlight > 0 && !this.#closed) await sleep(50);
    held.worker.terminate();
  }

  /** Ends variants that nobody asks for. */
  #sweep(): void {
    const now = performance.now();
    for (const [variant, held] of this.#held) {
      const unused = held.inFlight === 0 && now - held.usedMs > LINGER_MS;
      if (variant === this.#chosen.variant || !unused) continue;
      this.#held.delete(variant);
      held.worker.terminate();
    }
    this.#cancelSweep = after(LINGER_MS / 4, () => this.#sweep());
  }
}
