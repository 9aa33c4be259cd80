import { transfer } from 'comlink';
import { batchOf, type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import { type ProgramRun, Scratch, type TensorSpec } from '../../models/tasks/program.ts';
import { taskOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Session, Tensor, TensorInfo } from '../../models/tasks/tensor.ts';
import { DeviceLostError, ModelLoadError, ModelMismatchError } from '../runtime/errors.ts';
import { dimsText, type OrtSession, type Runtime } from '../runtime/runtime.ts';
import type { LoadedVariant, StageRun, StageWorkerApi, VariantSpec } from './protocol.ts';

interface HeldVariant {
  readonly spec: VariantSpec;
  readonly sessions: Readonly<Record<string, OrtSession>>;
}

/** The inside of a stage worker: the same in a web worker and in a child process. */
export class StageHost implements StageWorkerApi {
  #runtime: Runtime | undefined;
  #lostReason: string | undefined;
  #held = new Map<string, HeldVariant>();
  /** One operation runs at a time, and is done with its feeds when it ends: all use the same memory. */
  readonly #scratch = new Scratch();
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

  load(spec: VariantSpec, models: ModelBytes): Promise<LoadedVariant> {
    return this.#serially(async () => {
      const start = performance.now();
      const sessions: Record<string, OrtSession> = {};
      try {
        for (const [role, bytes] of Object.entries(models))
          sessions[role] = await this.#started.createSession(bytes, spec.backend).catch((cause) => {
            throw new ModelLoadError(spec.model, cause);
          });
        const createMs = performance.now() - start;
        checkSignatures(spec, sessions);
        this.#held.set(spec.key, { spec, sessions });
        return {
          createMs,
          cpuFallback: Object.values(sessions).some(({ cpuFallback }) => cpuFallback),
          sessions: Object.fromEntries(
            Object.entries(sessions).map(([role, { inputs, outputs }]) => [role, { inputs, outputs }]),
          ),
        };
      } catch (error) {
        for (const session of Object.values(sessions)) await session.release();
        throw error;
      }
    });
  }

  run(key: string, items: ItemBatch): Promise<StageRun> {
    return this.#serially(async () => {
      const { spec, sessions } = this.#get(key);
      const { results, runs } = await this.#runProgram(spec, items, sessions);
      const byItem = childrenOf(spec, items, results);
      const children = batchOf(byItem.flat());
      const childCounts = byItem.map(({ length }) => length);
      const inferenceMs = runs.reduce((sum, { ms }) => sum + ms, 0);
      return transfer({ results, children, childCounts, inferenceMs }, [children.bytes.buffer]);
    });
  }

  infer(key: string, items: ItemBatch): Promise<readonly Tensor[]> {
    return this.#serially(async () => {
      const { spec, sessions } = this.#get(key);
      const { outputs } = await this.#runProgram(spec, items, sessions);
      // Copies: a view may be into ONNX Runtime's own memory, which must not be transferred away.
      const copies = outputs.map((tensor) => ({ ...tensor, data: tensor.data.slice() }) as Tensor);
      return transfer(
        copies,
        copies.map(({ data }) => data.buffer as ArrayBuffer),
      );
    });
  }

  release(key: string): Promise<void> {
    return this.#serially(async () => {
      const held = this.#held.get(key);
      this.#held.delete(key);
      for (const session of Object.values(held?.sessions ?? {})) await session.release();
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

  #get(key: string): HeldVariant {
    const held = this.#held.get(key);
    if (!held) throw new Error(`This worker holds no variant ${key}: load() it first.`);
    return held;
  }

  async #runProgram(
    { stage }: VariantSpec,
    items: ItemBatch,
    sessions: HeldVariant['sessions'],
  ): Promise<ProgramRun<StageResult>> {
    try {
      return await taskOf(stage).program.run(stage, items, sessions, this.#scratch);
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

/** The items that each item gives the next stage; empty after the last. */
function childrenOf(
  { stage, next }: VariantSpec,
  items: ItemBatch,
  results: readonly StageResult[],
): Item[][] {
  if (!next) return [];
  const format = taskOf(next).items(next);
  const task = taskOf(stage);
  return itemsOf(items).map((item, i) => task.children(stage, item, results[i]!, format));
}

/** The inputs and outputs of the models must be those that the stage's task expects. @throws ModelMismatchError */
function checkSignatures({ model, stage }: VariantSpec, sessions: Readonly<Record<string, Session>>): void {
  for (const [role, { inputs, outputs }] of Object.entries(taskOf(stage).program.signatures(stage))) {
    const session = sessions[role]!;
    checkTensors(model, 'input', session.inputs, inputs);
    checkTensors(model, 'output', session.outputs, outputs);
  }
}

function checkTensors(
  model: string,
  side: 'input' | 'output',
  found: readonly TensorInfo[],
  expected: readonly TensorSpec[],
): void {
  const many = expected.length > 1;
  expected.forEach(({ type, dims }, i) => {
    const what = many ? `its ${side} ${i + 1}` : `its ${side}`;
    const tensor = found[i];
    if (!tensor) throw new ModelMismatchError(model, what, `${type} ${dimsText([null, ...dims])}`, 'missing');
    if (tensor.type !== type) throw new ModelMismatchError(model, `the type of ${what}`, type, tensor.type);
    const wanted = [null, ...dims];
    const same =
      tensor.dims.length === wanted.length &&
      // Inner dimensions that the model leaves open are taken on trust; the batch must be open.
      tensor.dims.every((dim, d) => (d === 0 ? dim === null : dim === null || dim === wanted[d]));
    if (!same)
      throw new ModelMismatchError(model, `the shape of ${what}`, dimsText(wanted), dimsText(tensor.dims));
  });
}
