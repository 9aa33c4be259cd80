import type { LoadedManifest } from '../../models/manifests/load.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import { sizeBytesOf } from '../../solver/documents/manifest.ts';
import type { Environment } from '../environment/environment.ts';
import { WorkerLostError } from '../runtime/errors.ts';
import { type LoadedVariant, variantSpec } from '../stage/protocol.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** A loaded variant and the time that loading took. */
export interface OpenVariant {
  readonly worker: StageWorker;
  /** Identifies the variant in the worker. */
  readonly key: string;
  /** Time to read the model files. */
  readonly loadMs: number;
  readonly createMs: number;
  readonly cpuFallback: boolean;
  /** The only batch size that the variant's models run; null if they run any. */
  readonly fixedBatch: number | null;
}

export interface VariantKey {
  readonly stage: string;
  readonly variant: string;
  readonly backend: Backend;
  readonly threads: number;
  /** Whether the variant is opened in a second worker of the same backend and thread count. */
  readonly second?: boolean;
}

type WorkerKey = Pick<VariantKey, 'backend' | 'threads' | 'second'>;

const workerName = ({ backend, threads, second }: WorkerKey): string =>
  `${backend}-${threads}${second ? '-second' : ''}`;

/** The first fixed batch size among the sessions' inputs. An input of one dimension, such as a decoder's switch, has no batch. */
export const fixedBatchOfSessions = (sessions: LoadedVariant['sessions']): number | null =>
  Object.values(sessions)
    .flatMap(({ inputs }) => inputs)
    .filter(({ dims }) => dims.length > 1)
    .find(({ dims }) => dims[0] !== null)?.dims[0] ?? null;

/**
 * A worker keeps at most this many bytes of models loaded, unless {@link Sessions.holding} needs more. To make room, the worker
 * releases the least recently used variants.
 */
const LOADED_BYTES_MAX = 1 << 30;

/** Opens the sessions of variants in one worker per backend and thread count, keeps them open, and replaces lost workers. */
export class Sessions {
  readonly #workers = new Map<string, Promise<StageWorker>>();
  /** The open variants by worker and variant, in the order of last use. */
  readonly #open = new Map<string, OpenVariant & { workerId: string; sizeBytes: number }>();
  /** The variants that were opened in {@link holding}; undefined outside it. */
  #held: Set<string> | undefined;
  readonly #closed = new AbortController();

  constructor(
    private readonly models: LoadedManifest,
    private readonly environment: Environment,
  ) {}

  /** Whether a worker keeps all variants of the pipeline loaded, so that none is opened twice. */
  get keepAll(): boolean {
    const variants = this.models.manifest.stages.flatMap((stage) => stage.variants);
    return variants.reduce((sum, variant) => sum + sizeBytesOf(variant), 0) <= LOADED_BYTES_MAX;
  }

  /**
   * Loads a variant, unless it is open already.
   * @throws ModelLoadError, ModelMismatchError, WorkerLostError, and the errors of reading the models
   */
  async open(wanted: VariantKey): Promise<OpenVariant> {
    const workerId = workerName(wanted);
    const key = `${wanted.stage}/${wanted.variant}`;
    const id = `${workerId}/${key}`;
    this.#held?.add(id);
    const open = this.#open.get(id);
    if (open) {
      this.#open.delete(id);
      this.#open.set(id, open);
      return open;
    }
    const stage = this.models.pipeline.stage(wanted.stage);
    const variant = stage.variant(wanted.variant);
    const sizeBytes = sizeBytesOf(variant);
    await this.#makeRoom(workerId, sizeBytes);
    const worker = await this.worker(wanted);
    const start = performance.now();
    const bytes = await this.models.readModels(variant);
    const loadMs = performance.now() - start;
    const spec = variantSpec(stage, wanted);
    const { createMs, cpuFallback, sessions } = await worker.load(spec, bytes);
    const fixedBatch = fixedBatchOfSessions(sessions);
    const loaded = { createMs, cpuFallback, fixedBatch, worker, key, loadMs, workerId, sizeBytes };
    this.#open.set(id, loaded);
    return loaded;
  }

  /** Does work that runs several variants in turn. Until its end, all variants that it opens stay loaded, however large. */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    this.#held = new Set();
    try {
      return await work();
    } finally {
      this.#held = undefined;
    }
  }

  /** Returns the worker of a backend and thread count, and starts one if there is none. @throws WorkerLostError */
  worker(workerKey: WorkerKey): Promise<StageWorker> {
    const id = workerName(workerKey);
    let worker = this.#workers.get(id);
    if (!worker) {
      const threads = onGpu(workerKey.backend) ? 1 : workerKey.threads;
      worker = this.environment.spawn(id, threads, this.#closed.signal);
      this.#workers.set(id, worker);
      const forget = () => this.#forget(id, worker);
      worker.then(async (started) => {
        // A worker that lost its GPU device would run on without it. Terminating the worker rejects its open calls with the
        // reason of the loss.
        started.terminate(await started.lost);
        forget();
      }, forget);
    }
    return worker;
  }

  /** Ends a worker that may be broken. The next variant that is opened there starts a new worker. */
  async replace(workerKey: WorkerKey): Promise<void> {
    const id = workerName(workerKey);
    const worker = this.#workers.get(id);
    this.#forget(id, worker);
    (await worker?.catch(() => undefined))?.terminate();
  }

  /**
   * Does work, and once more if a worker is lost meanwhile: a single loss, as of a GPU device, does not end a profile, because
   * perhaps nobody is there to resume it.
   * @param workerKey the worker of the work, which is replaced
   */
  async overOneLoss<T>(workerKey: WorkerKey, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#closed.signal.aborted || !(error instanceof WorkerLostError)) throw error;
      await this.replace(workerKey);
      return work();
    }
  }

  /** Ends every worker, including those that are being started. */
  close(): void {
    this.#closed.abort();
    for (const worker of this.#workers.values()) worker.then((w) => w.terminate()).catch(() => {});
    this.#workers.clear();
    this.#open.clear();
  }

  /** Forgets a worker and its variants, unless another worker has taken its place. */
  #forget(workerId: string, worker: Promise<StageWorker> | undefined): void {
    if (this.#workers.get(workerId) !== worker) return;
    this.#workers.delete(workerId);
    for (const [id, variant] of this.#open) if (variant.workerId === workerId) this.#open.delete(id);
  }

  /** Releases variants until `sizeBytes` more fit in the worker. Held variants stay. */
  async #makeRoom(workerId: string, sizeBytes: number): Promise<void> {
    const inWorker = [...this.#open].filter(([, variant]) => variant.workerId === workerId);
    let total = inWorker.reduce((sum, [, variant]) => sum + variant.sizeBytes, sizeBytes);
    for (const [id, variant] of inWorker) {
      if (total <= LOADED_BYTES_MAX) return;
      if (this.#held?.has(id)) continue;
      this.#open.delete(id);
      await variant.worker.release(variant.key);
      total -= variant.sizeBytes;
    }
  }
}
