import type { LoadedManifest } from '../../models/manifests/load.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import { sizeBytesOf } from '../../solver/documents/manifest.ts';
import type { Environment } from '../environment/environment.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** A loaded session and what loading it cost. */
export interface OpenSession {
  readonly worker: StageWorker;
  readonly key: string;
  readonly loadMs: number;
  readonly createMs: number;
  readonly cpuFallback: boolean;
}

/** What a session is of. */
export interface SessionOf {
  readonly stage: string;
  readonly variant: string;
  readonly backend: Backend;
  readonly threads: number;
  /** In a second worker, beside the first. */
  readonly second?: boolean;
}

type WorkerOf = Pick<SessionOf, 'backend' | 'threads' | 'second'>;

const workerName = ({ backend, threads, second }: WorkerOf): string =>
  `${backend}-${threads}${second ? '-second' : ''}`;

/** Model bytes that stay loaded per worker; the least recently used sessions beyond it are released. */
const MAX_LOADED_BYTES = 1 << 30;

/** Sessions by what they are of, in one worker per backend and thread count; workers that are lost are replaced. */
export class Sessions {
  readonly #workers = new Map<string, Promise<StageWorker>>();
  /** Insertion order is order of use. */
  readonly #open = new Map<string, OpenSession & { workerId: string; sizeBytes: number }>();

  constructor(
    private readonly models: LoadedManifest,
    private readonly environment: Environment,
  ) {}

  /** @throws ModelLoadError, ModelMismatchError, WorkerLostError, and what reading the model throws */
  async open(of: SessionOf): Promise<OpenSession> {
    const workerId = workerName(of);
    const key = `${of.stage}/${of.variant}`;
    const id = `${workerId}/${key}`;
    const open = this.#open.get(id);
    if (open) {
      this.#open.delete(id);
      this.#open.set(id, open);
      return open;
    }
    const { stage, next, variant: variantOf } = this.models.pipeline.stage(of.stage);
    const variant = variantOf(of.variant);
    const sizeBytes = sizeBytesOf(variant);
    await this.#makeRoom(workerId, sizeBytes);
    const worker = await this.worker(of);
    const start = performance.now();
    const bytes = await this.models.readModels(variant);
    const loadMs = performance.now() - start;
    const spec = { key, model: key, backend: of.backend, stage, next: next?.stage ?? null };
    const { createMs, cpuFallback } = await worker.load(spec, bytes);
    const session = { createMs, cpuFallback, worker, key, loadMs, workerId, sizeBytes };
    this.#open.set(id, session);
    return session;
  }

  /** The worker of a backend and thread count. @throws WorkerLostError */
  worker(of: WorkerOf): Promise<StageWorker> {
    const id = workerName(of);
    let worker = this.#workers.get(id);
    if (!worker) {
      worker = this.environment.spawn(id, onGpu(of.backend) ? 1 : of.threads);
      this.#workers.set(id, worker);
      worker.then(
        ({ lost }) => lost.then(() => this.#forget(id)),
        () => this.#forget(id),
      );
    }
    return worker;
  }

  /** Ends a worker that may be broken; the next session gets a new one. */
  async replace(of: WorkerOf): Promise<void> {
    const id = workerName(of);
    const worker = this.#workers.get(id);
    this.#forget(id);
    (await worker?.catch(() => undefined))?.terminate();
  }

  close(): void {
    for (const worker of this.#workers.values()) worker.then((w) => w.terminate()).catch(() => {});
    this.#workers.clear();
    this.#open.clear();
  }

  #forget(workerId: string): void {
    this.#workers.delete(workerId);
    for (const [id, session] of this.#open) if (session.workerId === workerId) this.#open.delete(id);
  }

  async #makeRoom(workerId: string, sizeBytes: number): Promise<void> {
    const held = [...this.#open].filter(([, session]) => session.workerId === workerId);
    let total = held.reduce((sum, [, session]) => sum + session.sizeBytes, sizeBytes);
    for (const [id, session] of held) {
      if (total <= MAX_LOADED_BYTES) return;
      this.#open.delete(id);
      await session.worker.release(session.key);
      total -= session.sizeBytes;
    }
  }
}
