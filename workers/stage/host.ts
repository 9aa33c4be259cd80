import { transfer } from 'comlink';
import type { ManifestStage } from '../../models/manifests/manifest.ts';
import { outputDims, taskOf } from '../../models/tasks/index.ts';
import { joinItems } from '../../models/tasks/items.ts';
import type { InputTensor, ItemBatch, OutputTensor } from '../../models/tasks/task.ts';
import { DeviceLostError, ModelLoadError, ModelMismatchError } from '../runtime/errors.ts';
import { dimsText, type Runtime, type Session, type TensorInfo } from '../runtime/runtime.ts';
import type { LoadedSession, SessionSpec, StageRun, StageWorkerApi } from './protocol.ts';

interface Held {
  readonly spec: SessionSpec;
  readonly session: Session;
}

/** The inside of a stage worker: the same in a web worker and in a child process. */
export class StageHost implements StageWorkerApi {
  #runtime: Runtime | undefined;
  #lostReason: string | undefined;
  #held = new Map<string, Held>();
  #scratch = new Float32Array(0);
  /** The last operation: ONNX Runtime must never see two at once. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly createRuntime: (threads: number) => Promise<Runtime>) {}

  start(threads: number): Promise<Runtime['info']> {
    return this.#serially(async () => {
      this.#runtime = await this.createRuntime(threads);
      this.#runtime.lost.then((reason) => {
        this.#lostReason = reason;
      });
      return this.#runtime.info;
    });
  }

  load(spec: SessionSpec, bytes: Uint8Array): Promise<LoadedSession> {
    return this.#serially(async () => {
      const start = performance.now();
      const session = await this.#started.createSession(bytes, spec.backend).catch((cause) => {
        throw new ModelLoadError(spec.model, cause);
      });
      const createMs = performance.now() - start;
      try {
        checkSignature(spec, session);
      } catch (error) {
        await session.release();
        throw error;
      }
      this.#held.set(spec.key, { spec, session });
      const { cpuFallback, input, output } = session;
      return { createMs, cpuFallback, input, output };
    });
  }

  run(key: string, items: ItemBatch): Promise<StageRun> {
    return this.#serially(async () => {
      const { spec, session } = this.#get(key);
      const task = taskOf(spec.stage);
      const { output, inferenceMs } = await this.#infer(session, this.#encode(spec.stage, items));
      const results = task.decode(spec.stage, output, items.count);
      const { next } = spec;
      const batches = next
        ? results.map((result, i) => task.children(spec.stage, items, i, result, next))
        : [];
      const children = joinItems(batches);
      return transfer({ results, children, childCounts: batches.map((batch) => batch.count), inferenceMs }, [
        children.pixels.buffer,
      ]);
    });
  }

  infer(key: string, items: ItemBatch): Promise<OutputTensor> {
    return this.#serially(async () => {
      const { spec, session } = this.#get(key);
      const { output } = await this.#infer(session, this.#encode(spec.stage, items));
      // A copy: the view may be into ONNX Runtime's own memory, which must not be transferred away.
      const data = new Float32Array(output.data);
      return transfer({ data, dims: output.dims }, [data.buffer]);
    });
  }

  release(key: string): Promise<void> {
    return this.#serially(async () => {
      const held = this.#held.get(key);
      this.#held.delete(key);
      await held?.session.release();
    });
  }

  lost(): Promise<string> {
    return this.#started.lost;
  }

  get #started(): Runtime {
    if (!this.#runtime)
      throw new Error('A stage worker must be started before it is used: call start() first.');
    return this.#runtime;
  }

  #get(key: string): Held {
    const held = this.#held.get(key);
    if (!held) throw new Error(`This worker holds no session ${key}: load() it first.`);
    return held;
  }

  /** One operation runs at a time, and is done with its input when it ends: they all use the same memory. */
  #encode(stage: ManifestStage, items: ItemBatch): InputTensor {
    const input = taskOf(stage).encode(stage, items, this.#scratch);
    if (input.data.buffer !== this.#scratch.buffer) this.#scratch = input.data;
    return input;
  }

  async #infer(session: Session, input: Parameters<Session['run']>[0]) {
    try {
      return await session.run(input);
    } catch (error) {
      // The loss is told in a task of its own, which may come after the run's error.
      await new Promise((resolve) => setTimeout(resolve));
      throw this.#lostReason === undefined ? error : new DeviceLostError(this.#lostReason);
    }
  }

  #serially<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(operation);
    this.#tail = result.catch(() => {});
    return result;
  }
}

/** The model's first input and output must be those of its stage. @throws ModelMismatchError */
function checkSignature({ model, stage }: SessionSpec, session: Session): void {
  const { channels, height, width } = stage.input;
  const check = (what: string, tensor: TensorInfo, expected: (number | null)[]) => {
    if (tensor.type !== 'float32')
      throw new ModelMismatchError(model, `the type of ${what}`, 'float32', tensor.type);
    const same =
      tensor.dims.length === expected.length &&
      // Inner dimensions that the model leaves open are taken on trust; the batch must be open.
      tensor.dims.every((d, i) => (expected[i] === null ? d === null : d === null || d === expected[i]));
    if (!same)
      throw new ModelMismatchError(model, `the shape of ${what}`, dimsText(expected), dimsText(tensor.dims));
  };
  check('its input', session.input, [null, channels, height, width]);
  check('its output', session.output, [null, ...outputDims(stage)]);
}
