import { batchOf, type Item, takeInTurn } from '../../models/items/item-batch.ts';
import { blankItem, type ItemFormat } from '../../models/items/item-format.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { specAlone } from '../../workers/stage/protocol.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';

/** Number of test items: 2, so that the check detects a batch size fixed to 1. */
const ITEMS = 2;

/** Loads models on the CPU in a worker of its own, to check whether they fit a stage. */
export class ModelChecker {
  #worker: Promise<StageWorker> | undefined;
  readonly #aborted: Promise<never>;

  /** @param signal ends the running check */
  constructor(private readonly signal: AbortSignal) {
    this.#aborted = new Promise((_, reject) => {
      const end = () => {
        this.close();
        reject(signal.reason);
      };
      signal.addEventListener('abort', end, { once: true });
    });
    // Without this handler, an abort between checks would be an unhandled rejection.
    this.#aborted.catch(() => {});
  }

  /**
   * Creates the sessions of a variant and runs blank items through them.
   * @param stage the stage, with the variant's own settings in place of the stage's
   * @param file name of the model in errors
   * @throws ModelLoadError, ModelMismatchError, OutputShapeError, WorkerLostError
   */
  async check(stage: ManifestStage, file: string, models: ModelBytes): Promise<void> {
    await this.#within(stage, file, models, async (worker, format) => {
      await worker.run(file, takeInTurn([blankItem(format)], 0, ITEMS));
    });
  }

  /** Answers items one by one. @returns the result of each @throws as {@link check} */
  async answers(
    stage: ManifestStage,
    file: string,
    models: ModelBytes,
    items: readonly Item[],
  ): Promise<StageResult[]> {
    const results: StageResult[] = [];
    await this.#within(stage, file, models, async (worker) => {
      for (const item of items) results.push(...(await worker.run(file, batchOf([item]))).results);
    });
    return results;
  }

  /** Loads the sessions of a variant on the CPU, runs `work`, and releases the sessions. */
  async #within(
    stage: ManifestStage,
    file: string,
    models: ModelBytes,
    work: (worker: StageWorker, format: ItemFormat) => Promise<void>,
  ): Promise<void> {
    this.signal.throwIfAborted();
    this.#worker ??= browserEnvironment().spawn('model-checker', 1);
    // Loading the worker's runtime can take long on a slow network, so an abort does not wait for it.
    const worker = await Promise.race([this.#worker, this.#aborted]);
    const spec = specAlone(stage, { key: file, model: file, backend: 'wasm' });
    await worker.load(spec, models);
    await work(worker, spec.format);
    await worker.release(file);
  }

  close(): void {
    this.#worker?.then(
      (worker) => worker.terminate(),
      () => {},
    );
    this.#worker = undefined;
  }
}
