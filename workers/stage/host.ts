import { transfer } from 'comlink';
import { batchOf, type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import { sizeOf } from '../../models/items/item-format.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import { childrenOf } from '../../models/manifests/pipeline.ts';
import { Scratch, timesOf } from '../../models/tasks/program.ts';
import type { Tensor } from '../../models/tasks/tensor.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { nextTask } from './next-task.ts';
import { timeOperators } from './operators.ts';
import type {
  Keeping,
  KeptItems,
  LoadedVariant,
  MeasuredRun,
  OperatorTimes,
  StageWorkerApi,
  VariantSpec,
} from './protocol.ts';
import { openVariant, releaseSessions, runVariant, type VariantSessions } from './variant-sessions.ts';

const KEEP_NOTHING: Keeping = { keep: false, keepOwn: false, forget: [] };

/** Answers the calls to a stage worker, inside a web worker or a child process. */
export class StageHost implements StageWorkerApi {
  #runtime: Runtime | undefined;
  #variants = new Map<string, VariantSessions>();
  /** Items that earlier batches made or ran. Each is kept until a batch of this worker runs it, or it is forgotten. */
  readonly #kept = new Map<number, Item>();
  #keptCount = 0;
  /** Memory for feeds. All operations share it, because one operation runs at a time and needs no feeds after its end. */
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
      const { createMs, ...variant } = await openVariant(this.#started, spec, files);
      const before = this.#variants.get(spec.key);
      this.#variants.set(spec.key, variant);
      if (before) await releaseSessions(before.sessions);
      const sessions = Object.entries(variant.sessions);
      return {
        createMs,
        cpuFallback: sessions.some(([, session]) => session.cpuFallback),
        sessions: Object.fromEntries(
          sessions.map(([role, { inputs, outputs }]) => [role, { inputs, outputs }]),
        ),
      };
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
      const { results, runs } = await runVariant(variant, items, this.#scratch);
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
      const { outputs } = await runVariant(this.#get(key), itemsOf(items), this.#scratch);
      // Outputs are copied, because an output may be a view of ONNX Runtime's own memory, which must not be transferred.
      const copies = outputs.map((tensor) => ({ ...tensor, data: tensor.data.slice() }) as Tensor);
      return transfer(
        copies,
        copies.map(({ data }) => data.buffer as ArrayBuffer),
      );
    });
  }

  operators(spec: VariantSpec, files: ModelBytes, batches: readonly ItemBatch[]): Promise<OperatorTimes> {
    return this.#serially(async () => {
      const variant = await openVariant(this.#started, spec, files, true);
      try {
        const items = batches.map((batch) => itemsOf(batch));
        return await timeOperators(variant, items, this.#scratch);
      } finally {
        await releaseSessions(variant.sessions);
      }
    });
  }

  release(key: string): Promise<void> {
    return this.#serially(async () => {
      const variant = this.#variants.get(key);
      this.#variants.delete(key);
      if (variant) await releaseSessions(variant.sessions);
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

  /** Queues an operation. It begins only after the previous operation's answer was sent, because it may block the thread. */
  #serially<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#last.then(operation);
    this.#last = result.then(nextTask, nextTask);
    return result;
  }
}
