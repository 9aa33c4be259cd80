import type { ItemBatch } from '../../../models/items/item-batch.ts';
import type { Pipeline, PipelineStage } from '../../../models/manifests/pipeline.ts';
import { holdsModels } from '../../../solver/adapt/diff.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import {
  heldModels,
  type Plan,
  type PlanStage,
  type PlanWorker,
  stageNameOf,
} from '../../../solver/documents/plan.ts';
import { after, sleep, unlessAborted } from '../../../workers/executor/clock.ts';
import { type StartWorker, standbyKey } from '../../../workers/executor/start-worker.ts';
import { type Supervised, Supervisor } from '../../../workers/executor/supervisor.ts';
import { message } from '../../../workers/runtime/errors.ts';
import type { Runtime } from '../../../workers/runtime/runtime.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import type { ReplicaBatch } from '../../http/telemetry.ts';
import { PlanRefusedError, UnavailableError, UnknownModelError } from '../../service/errors.ts';
import { sameResources } from '../replica-plan.ts';

export interface StageServiceOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  /** Name of the plan's row that this replica serves. */
  readonly stage: string;
  readonly startWorker: StartWorker;
  /** Ends the start when it aborts; has no effect once the service has started. */
  readonly signal?: AbortSignal;
  onEvent(what: string): void;
  onBatch(batch: ReplicaBatch): void;
}

interface Job {
  readonly planned: PlanStage;
  /** Time (`performance.now()`) at which the last batch ended or, before the first batch, at which the loading began. */
  usedMs: number;
}

/** A worker that has a variant loaded and, if its row has one, the row's standby. */
type Loaded = Supervised<Job>;

/** Where a variant runs: a worker that has it loaded, and the key of its session there. */
interface Session {
  readonly loaded: Loaded;
  readonly key: string;
}

/** A run, with the time that it waited for the batches before it. */
interface TimedRun {
  readonly run: StageRun;
  readonly waitMs: number;
}

/**
 * A worker that is no longer chosen ends when it has run no batch for this many milliseconds. A check four times in this period
 * notices that, so the worker may end up to a quarter of the period later. It ends at once if a third worker must start.
 */
const LINGER_MS = 30_000;
/** The replica refuses batches for a worker while this many are unfinished: 32 gateways may send two batches each at a time. */
const WAITING_MAX = 64;
const DRAIN_CHECK_MS = 50;

const choiceText = ({ variant, batch, standby }: PlanStage): string =>
  `${variant} b${batch}${standby ? ` with standby ${standby.variant}` : ''}`;

/**
 * Serves one stage of a plan in a replica. One worker runs the chosen variant and its standby, one batch at a time. When variant
 * or standby changes, a new worker loads the new models while the old worker still serves, and then becomes the chosen one. The
 * old worker stays until it has run no batch for {@link LINGER_MS}, or a third worker needs its place.
 */
export class StageService {
  readonly stage: PipelineStage;
  readonly #supervisor: Supervisor<Job>;
  /** The workers that run, at most two: the chosen one, and the one that was chosen before it. */
  #loaded: readonly Loaded[] = [];
  #chosen: PlanStage;
  #changing: Promise<unknown> = Promise.resolve();
  #accepting = true;
  #cancelSweep: () => void = () => {};

  private constructor(private readonly options: StageServiceOptions) {
    const { pipeline, plan, stage, startWorker } = options;
    this.#chosen = plan.stages.find(({ name }) => name === stage)!;
    this.stage = pipeline.stage(stageNameOf(this.#chosen));
    this.#supervisor = new Supervisor<Job>({
      nameOf: ({ planned }) => `${stage}-${planned.variant}`,
      startWorker(id, { planned }, signal) {
        const { backend, threads } = planned;
        const planWorker: PlanWorker = { id: stage, backend, threads, stages: [stage] };
        const stages = plan.stages.map((other) => (other.name === stage ? planned : other));
        return startWorker(id, planWorker, { ...plan, stages }, signal);
      },
      onLost: (lost, reason) => this.#lose(lost, reason),
      // A lost worker is not replaced if the stage has changed to other models meanwhile.
      isWanted: ({ planned }) => planned === this.#chosen && this.#workerFor(planned) === undefined,
      onReplaced: (loaded) => {
        this.#loaded = [...this.#loaded, loaded];
      },
      onReplaceFailed: ({ planned }, error) =>
        this.log(
          `${planned.variant} could not be loaded again: ${message(error)} Further tries follow until one works.`,
        ),
    });
  }

  /**
   * Resolves when the plan's variant is loaded and warmed up.
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError, and the signal's reason when it is aborted
   */
  static async start(options: StageServiceOptions): Promise<StageService> {
    const service = new StageService(options);
    try {
      await unlessAborted(() => service.#load(service.#chosen), options.signal);
    } catch (error) {
      service.close();
      throw error;
    }
    service.#sweep();
    return service;
  }

  /** Name of the plan's row that this replica serves. */
  get name(): string {
    return this.options.stage;
  }

  /** The plan's row whose variant runs the batches that name no variant. */
  get chosen(): PlanStage {
    return this.#chosen;
  }

  /** Names of the loaded variants, standbys included. */
  get variants(): string[] {
    const models = this.#loaded.flatMap(({ job }) => heldModels(job.planned));
    return [...new Set(models.map(({ variant }) => variant))];
  }

  get ready(): boolean {
    const loaded = this.#workerFor(this.#chosen);
    return this.#accepting && loaded !== undefined && !loaded.overdue;
  }

  /** Describes the ONNX Runtime of this replica; undefined while no variant is loaded. */
  get runtime(): Runtime['info'] | undefined {
    return this.#loaded[0]?.worker.info;
  }

  /**
   * Changes variant, standby and batch size while batches run. Changes are made one after the other.
   * @throws PlanRefusedError if the change is of another stage, or needs another image or replica
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError
   */
  change(planned: PlanStage): Promise<void> {
    const done = this.#changing.then(async () => {
      this.#check(planned);
      const loaded = this.#workerFor(planned);
      // A GPU compiles shaders again for a larger batch: a new worker does so before it serves.
      if (!loaded || (onGpu(planned.backend) && loaded.job.planned.batch < planned.batch))
        await this.#load(planned);
      const [before, now] = [this.#chosen, planned].map(choiceText);
      if (now !== before) this.log(`changed to ${now}`);
      this.#chosen = planned;
    });
    this.#changing = done.catch(() => {});
    return done;
  }

  /**
   * Runs items as one batch.
   * @param variant a loaded one; the chosen one by default
   * @throws UnknownModelError, UnavailableError, and errors of the run
   */
  async run(items: ItemBatch, variant = this.#chosen.variant): Promise<TimedRun> {
    const session = this.#sessionOf(variant);
    if (!session) {
      if (variant === this.#chosen.variant || variant === this.#chosen.standby?.variant)
        throw new UnavailableError(`This replica is loading ${variant} again`, 1);
      throw new UnknownModelError(`version ${variant} of model ${this.name}`, this.variants);
    }
    const { loaded, key } = session;
    const { job, inFlight } = loaded;
    if (!this.#accepting) throw new UnavailableError('This replica is shutting down', 1);
    if (inFlight >= WAITING_MAX)
      throw new UnavailableError(`${inFlight} batches already wait for this replica`, 1);
    const longestMs = Math.max(...job.planned.serviceMs.map(({ meanMs }) => meanMs));
    const arrivedMs = performance.now();
    try {
      const run = await this.#supervisor.run(loaded, longestMs, this.options.plan.slaMs, () =>
        loaded.worker.run(key, items),
      );
      // The batches of a worker run one after the other, so this batch began when it arrived or, if later, when the batch before
      // it ended.
      const startMs = Math.max(arrivedMs, job.usedMs);
      const waitMs = startMs - arrivedMs;
      this.options.onBatch({
        stage: this.name,
        items: items.lengths.length,
        waitMs,
        serviceMs: performance.now() - startMs,
      });
      return { run, waitMs };
    } finally {
      job.usedMs = performance.now();
    }
  }

  log(line: string): void {
    this.options.onEvent(line);
  }

  /** Refuses new batches; resolves when the running ones have ended. */
  async drain(): Promise<void> {
    this.#accepting = false;
    while (this.#supervisor.members.some(({ inFlight }) => inFlight > 0)) await sleep(DRAIN_CHECK_MS);
  }

  close(): void {
    this.#accepting = false;
    this.#cancelSweep();
    this.#loaded = [];
    this.#supervisor.close();
  }

  #check(planned: PlanStage): void {
    const { name, backend, threads } = planned;
    const source = `The change of stage ${this.name}`;
    const { variants } = this.stage.stage;
    const missing = heldModels(planned).filter(
      ({ variant, sha256 }) => !variants.some((v) => v.name === variant && sha256Of(v) === sha256),
    );
    const reasons = [
      ...(name === this.name ? [] : [`it is of stage ${name}`]),
      ...missing.map(({ variant, sha256 }) => `${variant} with SHA-256 ${sha256} is not in this image`),
    ];
    if (reasons.length > 0)
      throw new PlanRefusedError(source, reasons, 'Give the replicas an image with the models of the plan.');
    if (!sameResources(planned, this.#chosen))
      throw new PlanRefusedError(
        source,
        [
          `it needs ${backend} with ${threads} threads, and this replica has ${this.#chosen.backend} with ${this.#chosen.threads}`,
        ],
        'Apply the plan, so that the replicas are replaced.',
      );
  }

  /** The worker that has the variant of a row loaded and, if the row has one, the row's standby. */
  #workerFor(planned: PlanStage): Loaded | undefined {
    return this.#loaded.find(({ job }) => holdsModels(job.planned, planned));
  }

  /** A variant's session: in the chosen worker, if that has the variant loaded. */
  #sessionOf(variant: string): Session | undefined {
    const chosen = this.#workerFor(this.#chosen);
    const sessions = [...(chosen ? [chosen] : []), ...this.#loaded].flatMap((loaded): Session[] => {
      const { planned } = loaded.job;
      if (planned.variant === variant) return [{ loaded, key: this.name }];
      return planned.standby?.variant === variant ? [{ loaded, key: standbyKey(this.name) }] : [];
    });
    return sessions[0];
  }

  async #load(planned: PlanStage): Promise<void> {
    // A pod has memory for only two workers of a stage, so a worker that is no longer chosen makes room first.
    this.#unload(0);
    const [loaded] = await this.#supervisor.start([{ planned, usedMs: performance.now() }]);
    if (!loaded) return;
    const before = this.#workerFor(planned);
    this.#supervisor.add(loaded);
    this.#loaded = [...this.#loaded.filter((other) => other !== before), loaded];
    if (before) this.#supervisor.retire(before.id);
  }

  /** Handles the loss of a worker. Returns the job of a new worker if the chosen one was lost. */
  #lose(lost: Loaded, reason: string): Job | undefined {
    if (!this.#loaded.includes(lost)) return undefined;
    const wasChosen = this.#workerFor(this.#chosen) === lost;
    this.#loaded = this.#loaded.filter((other) => other !== lost);
    this.log(`the session of ${lost.job.planned.variant} was lost (${reason})`);
    return wasChosen ? { planned: this.#chosen, usedMs: performance.now() } : undefined;
  }

  /** Ends the workers that are not chosen and have run no batch for `unusedMs`. */
  #unload(unusedMs: number): void {
    const now = performance.now();
    const chosen = this.#workerFor(this.#chosen);
    const unused = this.#loaded.filter(
      (loaded) => loaded !== chosen && loaded.inFlight === 0 && now - loaded.job.usedMs >= unusedMs,
    );
    this.#loaded = this.#loaded.filter((loaded) => !unused.includes(loaded));
    for (const { id } of unused) this.#supervisor.retire(id);
  }

  /** Ends workers whose variants no gateway asks for any more, and repeats this from time to time. */
  #sweep(): void {
    this.#unload(LINGER_MS);
    this.#cancelSweep = after(LINGER_MS / 4, () => this.#sweep());
  }
}
