import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { type ItemBatch, itemsOf } from '../../../models/items/item-batch.ts';
import { Scratch } from '../../../models/tasks/program.ts';
import { taskOf } from '../../../models/tasks/registry.ts';
import type { Session, Tensors } from '../../../models/tasks/tensor.ts';
import type { Backend } from '../../../solver/documents/common.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import type { Ort } from '../../../workers/runtime/ort.ts';
import type { Runtime } from '../../../workers/runtime/runtime.ts';
import { tensorInfo } from '../../../workers/runtime/session.ts';
import { StageHost } from '../../../workers/stage/host.ts';

/** API of a benchmark worker besides that of a stage worker: ONNX Runtime sessions without code of ipa-edge around them. */
export interface BareApi {
  /** Creates a bare session beside the stage worker's session. */
  bareLoad(key: string, bytes: Uint8Array, backend: Backend, threads: number): Promise<void>;
  /** Encodes a batch once for all later runs. Returns its index. */
  barePrepare(key: string, stage: ManifestStage, items: ItemBatch): Promise<number>;
  /** Runs prepared batches one after the other. Returns each batch's time until its output could be read, in ms. */
  bareRun(key: string, prepared: readonly number[]): Promise<number[]>;
}

interface Bare {
  readonly session: InferenceSession;
  readonly prepared: Record<string, Tensor>[];
}

/**
 * A stage worker with additional bare ONNX Runtime sessions. Bare calls do not wait for the stage worker's operations, so the
 * caller must never have two calls in flight.
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
    const { session, prepared } = this.#bare.get(key)!;
    /** Records the tensors with which the task's program calls the session. */
    const recording: Session = {
      inputs: session.inputMetadata.map(tensorInfo),
      outputs: session.outputMetadata.map(tensorInfo),
      async run(tensors) {
        const feeds: Record<string, Tensor> = {};
        for (const [name, { type, data, dims }] of Object.entries(tensors as Tensors))
          feeds[name] = new ort.Tensor(type, data, dims);
        prepared.push(feeds);
        return { outputs: (await session.run(feeds)) as unknown as Tensors, ms: 0 };
      },
    };
    await taskOf(stage).programs[0]!.run(stage, itemsOf(items), { model: recording }, new Scratch());
    return prepared.length - 1;
  }

  async bareRun(key: string, numbers: readonly number[]): Promise<number[]> {
    const { session, prepared } = this.#bare.get(key)!;
    const output = session.outputNames[0]!;
    const times: number[] = [];
    for (const number of numbers) {
      const start = performance.now();
      const outputs = await session.run(prepared[number]!);
      await outputs[output]!.getData();
      times.push(performance.now() - start);
    }
    return times;
  }
}
