import type { ManifestStage } from '../../models/manifests/manifest.ts';
import { pixelCount } from '../../models/tasks/image.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { dimsText, type TensorInfo } from '../../workers/runtime/runtime.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';

/** Two, so that the batch is seen to be dynamic. */
const ITEMS = 2;

/** Loads models on the CPU, in a worker of its own, to see whether they are what a stage takes. */
export class ModelChecker {
  #worker: Promise<StageWorker> | undefined;
  readonly #aborted: Promise<never>;

  /** @param signal ends the check that is under way */
  constructor(private readonly signal: AbortSignal) {
    this.#aborted = new Promise((_, reject) => {
      const end = () => {
        this.close();
        reject(signal.reason);
      };
      signal.addEventListener('abort', end, { once: true });
    });
    // Nobody may be waiting.
    this.#aborted.catch(() => {});
  }

  /**
   * Opens a session and runs blank items through it.
   * @param file names the model in errors
   * @returns what it takes and gives, as people read it
   * @throws ModelLoadError, ModelMismatchError, OutputShapeError, WorkerLostError
   */
  async check(stage: ManifestStage, file: string, bytes: Uint8Array): Promise<string> {
    this.signal.throwIfAborted();
    this.#worker ??= browserEnvironment().spawn('model-checker', 1);
    // Its runtime comes over a slow network: not waited for by whoever cancels.
    const worker = await Promise.race([this.#worker, this.#aborted]);
    const spec = { key: file, model: file, backend: 'wasm' as const, stage, next: null };
    const { input, output } = await worker.load(spec, bytes);
    const pixels = new Uint8Array(ITEMS * pixelCount(stage.input));
    await worker.run(file, { count: ITEMS, pixels });
    await worker.release(file);
    return `takes ${tensorText(input)} and gives ${tensorText(output)}`;
  }

  close(): void {
    this.#worker?.then(
      (worker) => worker.terminate(),
      () => {},
    );
    this.#worker = undefined;
  }
}

const tensorText = ({ name, dims }: TensorInfo): string => `${name} ${dimsText(dims)}`;
