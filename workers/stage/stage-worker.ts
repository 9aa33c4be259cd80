import { type Endpoint, type Remote, transfer, wrap } from 'comlink';
import type { ItemBatch } from '../../models/items/item-batch.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import type { Tensor } from '../../models/tasks/tensor.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { Lifeline } from './lifeline.ts';
import type {
  Keeping,
  KeptItems,
  LoadedVariant,
  MeasuredRun,
  OperatorTimes,
  StageWorkerApi,
  VariantSpec,
} from './protocol.ts';

/** A new worker as an environment creates it, before ONNX Runtime is loaded in it. */
export interface RawWorker {
  /** @internal Declarations leave this out, because its type needs the DOM's types, which a program in Node may lack. */
  readonly endpoint: Endpoint;
  /** Resolves with the reason when the worker has ended, by itself or by `terminate`. */
  readonly gone: Promise<string>;
  terminate(): void;
}

/**
 * A stage worker, as the code outside the worker uses it. Every call rejects with WorkerLostError once the worker is gone, and after
 * 10 minutes, because the worker then counts as hung and is ended.
 */
export class StageWorker {
  readonly #api: Remote<StageWorkerApi>;
  /** Comlink makes a new proxy at each look-up of a method. This method is called for each batch, so its proxy is kept. */
  readonly #run: Remote<StageWorkerApi>['run'];
  readonly #lifeline: Lifeline;
  #info: Runtime['info'] | undefined;

  private constructor(
    readonly id: string,
    private readonly raw: RawWorker,
  ) {
    this.#api = wrap<StageWorkerApi>(raw.endpoint);
    this.#run = this.#api.run;
    this.#lifeline = new Lifeline(id, raw);
  }

  /** Loads ONNX Runtime in a new worker. @param signal ends the worker meanwhile @throws WorkerLostError, and the signal's reason */
  static async start(
    id: string,
    raw: RawWorker,
    threads: number,
    signal?: AbortSignal,
  ): Promise<StageWorker> {
    const worker = new StageWorker(id, raw);
    const end = () => raw.terminate();
    signal?.addEventListener('abort', end);
    try {
      worker.#info = await worker.#lifeline.call(worker.#api.start(threads));
    } catch (error) {
      raw.terminate();
      // The end is why a worker fails that an abort ends.
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', end);
    }
    return worker;
  }

  get info(): Runtime['info'] {
    return this.#info!;
  }

  /** Resolves with the reason when the worker, or its GPU device, is lost. */
  get lost(): Promise<string> {
    return Promise.race([this.#lifeline.lost, this.#api.lost().catch((error: Error) => error.message)]);
  }

  /** @throws ModelLoadError, ModelMismatchError, WorkerLostError */
  load(spec: VariantSpec, models: ModelBytes): Promise<LoadedVariant> {
    return this.#lifeline.call(this.#api.load(spec, models));
  }

  /** Runs a batch. The items' buffer is transferred to the worker. @throws DeviceLostError, WorkerLostError */
  run(key: string, items: ItemBatch): Promise<MeasuredRun> {
    return this.runKeeping(key, items) as Promise<MeasuredRun>;
  }

  /** Runs a batch of items that are sent or that the worker keeps. @throws DeviceLostError, WorkerLostError */
  runKeeping(
    key: string,
    items: ItemBatch | KeptItems,
    keeping?: Keeping,
  ): Promise<MeasuredRun<ItemBatch | KeptItems>> {
    const sent = 'kept' in items ? items : transfer(items, [items.bytes.buffer]);
    return this.#lifeline.call(this.#run(key, sent, keeping));
  }

  /** Runs a batch for its raw outputs. The items' buffer is transferred. @throws DeviceLostError, WorkerLostError */
  infer(key: string, items: ItemBatch): Promise<readonly Tensor[]> {
    return this.#lifeline.call<Promise<readonly Tensor[]>>(
      this.#api.infer(key, transfer(items, [items.bytes.buffer])),
    );
  }

  /**
   * Times a variant's operators. The batches' buffers are transferred.
   * @throws ModelLoadError, ModelMismatchError, DeviceLostError, WorkerLostError
   */
  operators(spec: VariantSpec, models: ModelBytes, batches: readonly ItemBatch[]): Promise<OperatorTimes> {
    const sent = transfer(
      batches,
      batches.map(({ bytes }) => bytes.buffer),
    );
    return this.#lifeline.call(this.#api.operators(spec, models, sent));
  }

  release(key: string): Promise<void> {
    return this.#lifeline.call(this.#api.release(key));
  }

  /** @param reason the reason with which open calls reject; if absent, the reason is the worker's end */
  terminate(reason?: string): void {
    if (reason === undefined) this.raw.terminate();
    else this.#lifeline.end(reason);
  }
}
