import { transfer } from 'comlink';
import { keepFields } from '../../models/items/fields.ts';
import { batchOf, type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import { sizeOf } from '../../models/items/item-format.ts';
import { type ModelBytes, ownRoles, weightsOf } from '../../models/manifests/load.ts';
import { childrenOf } from '../../models/manifests/pipeline.ts';
import {
  fileRoles,
  hasShape,
  type Program,
  type ProgramRun,
  Scratch,
  type Signature,
  type TensorSpec,
  tensorOf,
  timesOf,
} from '../../models/tasks/program.ts';
import { programOf, taskOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Session, Tensor, TensorInfo } from '../../models/tasks/tensor.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { ModelLoadError, ModelMismatchError } from '../runtime/errors.ts';
import { dimsText, type OrtSession, type Runtime } from '../runtime/runtime.ts';
import { nextTask } from './next-task.ts';
import type {
  Keeping,
  KeptItems,
  LoadedVariant,
  MeasuredRun,
  StageWorkerApi,
  VariantSpec,
} from './protocol.ts';

const KEEP_NOTHING: Keeping = { keep: false, keepOwn: false, forget: [] };

/** A variant that the worker has loaded, with its sessions by role. */
interface VariantSessions {
  readonly spec: VariantSpec;
  readonly program: Program<ManifestStage, StageResult>;
  readonly sessions: Readonly<Record<string, OrtSession>>;
}

/** Answers the calls to a stage worker, inside a web worker or a child process. */
export class StageHost implements StageWorkerApi {
  #runtime: Runtime | undefined;
  #variants = new Map<string, VariantSessions>();
  /** Items that earlier batches made or ran. Each is kept until a batch of this worker runs it, or it is forgotten. */
  readonly #kept = new Map<number, Item>();
  #keptCount = 0;
  /** All operations share this memory, because one operation runs at a time and needs no feeds after its end. */
  readonly #scratch = new Scratch();
  /** The last queued operation. Operations run one after the other, because ONNX Runtime fails on two at once. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly createRuntime: (threads: number) => Promise<Runtime>) {}

  start(threads: number): Promise<Runtime['info']> {
    return this.#serially(async () => {
      this.#runtime = await this.createRuntime(threads);
      return this.#runtime.info;
    });
  }

  load(spec: VariantSpec, files: ModelBytes): Promise<LoadedVariant> {
    return this.#serially(async () => {
      const start = performance.now();
      const sessions: Record<string, OrtSession> = {};
      const roles = ownRoles(files);
      const program = programOf(spec.stage, roles) ?? misfit(spec, roles);
      const unloadable = (cause: unknown): never => {
        throw new ModelLoadError(spec.model, cause);
      };
      try {
        const signatures = program.signatures(spec.stage);
        for (const [role, { keeps = false }] of Object.entries(signatures))
          sessions[role] = await this.#started
            .createSession(files[role]!, spec.backend, { keeps, weights: weightsOf(files, role) })
            .catch(unloadable);
        const stage = await program.prepare?.(spec.stage, files).catch(unloadable);
        const createMs = performance.now() - start;
        checkSignatures(spec, signatures, sessions);
        this.#variants.set(spec.key, { spec: { ...spec, stage: stage ?? spec.stage }, program, sessions });
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

  run(
    key: string,
    batch: ItemBatch | KeptItems,
    { keep, keepOwn, forget }: Keeping = KEEP_NOTHING,
  ): Promise<MeasuredRun<ItemBatch | KeptItems>> {
    return this.#serially(async () => {
      for (const number of forget) this.#kept.delete(number);
      const variant = this.#get(key);
      const { spec } = variant;
      const items = 'kept' in batch ? batch.kept.map((number) => this.#takeKept(number)) : itemsOf(batch);
      const { results, runs } = await this.#runProgram(variant, items);
      const byItem = items.map((item, i) => childrenOf(spec, spec.next, item, results[i]!));
      const childCounts = byItem.map(({ length }) => length);
      const size = items.reduce((sum, item) => sum + sizeOf(spec.format, item), 0);
      const own = keepOwn && { own: { kept: items.map((item) => this.#keep(item)) } };
      const run = { results, childCounts, size, ...timesOf(runs), ...own };
      if (keep) return { ...run, children: { kept: byItem.flat().map((item) => this.#keep(item)) } };
      const children = batchOf(byItem.flat());
      return transfer({ ...run, children }, [children.bytes.buffer]);
    });
  }

  infer(key: string, items: ItemBatch): Promise<readonly Tensor[]> {
    return this.#serially(async () => {
      const { outputs } = await this.#runProgram(this.#get(key), itemsOf(items));
      // Copies, because an output may be a view of ONNX Runtime's own memory, which must not be transferred.
      const copies = outputs.map((tensor) => ({ ...tensor, data: tensor.data.slice() }) as Tensor);
      return transfer(
        copies,
        copies.map(({ data }) => data.buffer as ArrayBuffer),
      );
    });
  }

  release(key: string): Promise<void> {
    return this.#serially(async () => {
      const variant = this.#variants.get(key);
      this.#variants.delete(key);
      for (const session of Object.values(variant?.sessions ?? {})) await session.release();
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

  #get(key: string): VariantSessions {
    const variant = this.#variants.get(key);
    if (!variant) throw new Error(`This worker has no variant ${key}: call load() first.`);
    return variant;
  }

  #keep(item: Item): number {
    this.#kept.set(this.#keptCount, item);
    return this.#keptCount++;
  }

  #takeKept(number: number): Item {
    const item = this.#kept.get(number);
    if (!item) throw new Error(`This worker keeps no item ${number}: send the item's bytes.`);
    this.#kept.delete(number);
    return item;
  }

  async #runProgram(
    { spec: { stage, format }, program, sessions }: VariantSessions,
    items: readonly Item[],
  ): Promise<ProgramRun<StageResult>> {
    const ownFormat = taskOf(stage).itemFormat(stage);
    const own = items.map((item) => keepFields(format, ownFormat, item));
    return program.run(stage, own, sessions, this.#scratch);
  }

  /** Queues an operation. It begins when the answer of the operation before is on its way, because it may hold the thread. */
  #serially<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#last.then(operation);
    this.#last = result.then(nextTask, nextTask);
    return result;
  }
}

/** @throws ModelMismatchError with the roles of the files that the stage's programs need */
function misfit({ model, stage }: VariantSpec, roles: readonly string[]): never {
  const expected = taskOf(stage).programs.map((program) => fileRoles(program, stage).join(', '));
  throw new ModelMismatchError(model, 'the set of its files', expected.join('; or '), roles.join(', '));
}

/** Compares the models' inputs and outputs with the signatures that the stage's task expects. @throws ModelMismatchError */
function checkSignatures(
  { model }: VariantSpec,
  signatures: Readonly<Record<string, Signature>>,
  sessions: Readonly<Record<string, Session>>,
): void {
  for (const [role, { inputs, outputs }] of Object.entries(signatures)) {
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
  const severalByPlace = expected.filter(({ name }) => name === undefined).length > 1;
  expected.forEach((spec, i) => {
    const { name, types, dims, orDims } = spec;
    const what = `its ${side}${name ? ` ${name}` : severalByPlace ? ` ${i + 1}` : ''}`;
    const tensor = tensorOf(spec, i, found);
    const type = types.join(' or ');
    if (!tensor && spec.optional) return;
    if (!tensor) throw new ModelMismatchError(model, what, `${type} ${dimsText([null, ...dims])}`, 'missing');
    if (!types.some((known) => known === tensor.type))
      throw new ModelMismatchError(model, `the type of ${what}`, type, tensor.type);
    // The batch dimension may be open or fixed. Other open dimensions are accepted: the program checks each output's shape.
    const [batch, ...rest] = tensor.dims;
    const shapes = orDims ? [dims, orDims] : [dims];
    if (batch === undefined || !shapes.some((shape) => hasShape(rest, shape)))
      throw new ModelMismatchError(
        model,
        `the shape of ${what}`,
        shapes.map((shape) => dimsText([null, ...shape])).join(' or '),
        dimsText(tensor.dims),
      );
  });
}
