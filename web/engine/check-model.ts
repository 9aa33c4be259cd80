import type { ManifestStage } from '../../models/manifests/manifest.ts';
import { pixelCount } from '../../models/tasks/image.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { dimsText, type TensorInfo } from '../../workers/runtime/runtime.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';

/** With two items, a model with a fixed batch of 1 fails. */
const ITEMS = 2;

/** Loads models on the CPU, in a worker of its own, to find out whether they fit a stage. */
export class ModelChecker {
  #worker: Promise<StageWorker> | undefined;
  readonly #aborted: Promise<never>;

  /** @param signal ends the check that is going on */
  constructor(private readonly signal: AbortSignal) {
    this.#aborted = new Promise((_, reject) => {
      const end = () => {
        this.close();
        reject(signal.reason);
      };
      signal.addEventListener('abort', end, { once: true });
    });
    // Without a check that waits for it, the rejection would count as unhandled.
    this.#aborted.catch(() => {});
  }

  /**
   * Creates a session and runs blank items through it.
   * @param file the name of the model in errors
   * @returns the model's inputs and outputs as text
   * @throws ModelLoadError, ModelMismatchError, OutputShapeError, WorkerLostError
   */
  async check(stage: ManifestStage, file: string, bytes: Uint8Array): Promise<string> {
    this.signal.throwIfAborted();
    this.#worker ??= browserEnvironment().spawn('model-checker', 1);
    // The worker's runtime may come over a slow network. A cancel does not wait for it.
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
