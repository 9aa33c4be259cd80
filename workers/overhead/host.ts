import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { ManifestStage } from '../../models/manifests/manifest.ts';
import { taskOf } from '../../models/tasks/index.ts';
import type { ItemBatch } from '../../models/tasks/task.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Ort } from '../runtime/session.ts';
import { StageHost } from '../stage/host.ts';

/** What a stage worker of the overhead benchmark does besides its own work: the same models, bare. */
export interface BareApi {
  /** Creates a raw session, beside the worker's own. */
  bareLoad(key: string, bytes: Uint8Array, backend: Backend, threads: number): Promise<void>;
  /** Encodes a batch once, for all runs to come; answers with its number. */
  barePrepare(key: string, stage: ManifestStage, items: ItemBatch): Promise<number>;
  /** Runs prepared batches one after the other until each output can be read; the time of each. */
  bareRun(key: string, prepared: readonly number[]): Promise<number[]>;
}

interface Bare {
  readonly session: InferenceSession;
  readonly prepared: Tensor[];
}

/**
 * A stage worker with raw ONNX Runtime sessions in it. Bare calls do not wait for the stage worker's own operations:
 * the driver must keep one of them all in flight.
 */
export class OverheadHost extends StageHost implements BareApi {
  readonly #bare = new Map<string, Bare>();

  constructor(
    createRuntime: (threads: number) => Promise<Runtime>,
    private readonly importOrt: () => Promise<Ort>,
  ) {
    super(createRuntime);
  }

  async bareLoad(key: string, bytes: Uint8Array, backend: Backend, threads: number): Promise<void> {
    const ort = await this.importOrt();
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [{ name: backend }],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    this.#bare.set(key, { session, prepared: [] });
  }

  async barePrepare(key: string, stage: ManifestStage, items: ItemBatch): Promise<number> {
    const ort = await this.importOrt();
    const { data, dims } = taskOf(stage).encode(stage, items);
    return this.#bare.get(key)!.prepared.push(new ort.Tensor('float32', data, dims)) - 1;
  }

  async bareRun(key: string, numbers: readonly number[]): Promise<number[]> {
    const { session, prepared } = this.#bare.get(key)!;
    const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
    const times: number[] = [];
    for (const number of numbers) {
      const start = performance.now();
      const outputs = await session.run({ [input]: prepared[number]! });
      await outputs[output]!.getData();
      times.push(performance.now() - start);
    }
    return times;
  }
}
