import fc from 'fast-check';
import { beforeAll, expect, test, vi } from 'vitest';
import { batchOf, type Item, type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { childrenOf, Pipeline } from '../../models/manifests/pipeline.ts';
import type { ClassResult } from '../../models/tasks/classes.ts';
import { resultsByStage } from '../../models/tasks/judge.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Item as QueuedItem } from '../../solver/dispatch/types.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { Executor } from '../../workers/executor/executor.ts';
import { type Keeper, Requests } from '../../workers/executor/requests.ts';
import type { ExecutorWorker, StartWorker } from '../../workers/executor/start-worker.ts';
import type { RequestAnswer } from '../../workers/executor/types.ts';
import type { Keeping, KeptItems, StageRun } from '../../workers/stage/protocol.ts';
import { loadFashion } from './fashion.ts';
import { type HandPlan, handPlan } from './hand-plan.ts';
import { startAtOnce } from './start-at-once.ts';

let models: LoadedManifest;
let scenes: Item[];

beforeAll(async () => {
  models = await loadFashion();
  scenes = itemsOf((await models.readPack()).items);
});

const SCENES = 40;

/** Sends scenes to an executor. @param onBatch called with each worker that runs a batch, the stage and the batch's items */
async function answersOf(
  workers: readonly string[][],
  onBatch: (worker: ExecutorWorker, stage: string, items: ItemBatch | KeptItems) => void,
  hand: Pick<HandPlan, 'variants' | 'cascade'> = {},
): Promise<RequestAnswer[]> {
  const startWorker: StartWorker = async (...args) => {
    const worker = await startAtOnce(models, nodeEnvironment())(...args);
    const run = worker.runKeeping!.bind(worker);
    vi.spyOn(worker, 'runKeeping').mockImplementation((stage, items, keeping) => {
      onBatch(worker, stage, items);
      return run(stage, items, keeping);
    });
    return worker;
  };
  const plan = handPlan(models, { backend: 'cpu', workers, batch: 4, ...hand });
  const executor = await Executor.start(models.pipeline, plan, startWorker, {}, { respawnMs: [0] });
  const answers = await Promise.all(
    scenes.slice(0, SCENES).map((scene) => executor.submit(scene, performance.now())),
  );
  executor.close();
  return answers;
}

const labels = (answers: readonly RequestAnswer[]) =>
  answers.map(({ answer }) => resultsByStage(answer, 2)[1]);

test('items stay in a worker that alone runs the next stage, and the answers are the same', async () => {
  const sent = new Set<string>();
  const note = (_worker: ExecutorWorker, stage: string, items: object) =>
    sent.add(`${stage} ${'kept' in items ? 'kept' : 'sent'}`);
  const together = await answersOf([['detect', 'classify']], note);
  expect([...sent].sort()).toEqual(['classify kept', 'detect sent']);
  sent.clear();
  const apart = await answersOf([['detect'], ['classify']], note);
  expect([...sent].sort()).toEqual(['classify sent', 'detect sent']);
  sent.clear();
  const twice = await answersOf([['detect', 'classify'], ['classify']], note);
  expect([...sent].sort()).toEqual(['classify sent', 'detect sent']);
  expect(labels(together)).toEqual(labels(apart));
  expect(labels(twice)).toEqual(labels(apart));
});

test('a worker that is lost with the items it keeps loses no request and changes no answer', async () => {
  let killed = 0;
  const killTwice = (worker: ExecutorWorker, stage: string, items: object) => {
    if (stage !== 'classify' || !('kept' in items) || killed === 2) return;
    killed++;
    worker.terminate();
  };
  const answers = await answersOf([['detect', 'classify']], killTwice);
  expect(killed).toBe(2);
  expect(answers.map(({ outcome }) => outcome)).toEqual(Array(SCENES).fill('completed'));
  expect(labels(answers)).toEqual(labels(await answersOf([['detect', 'classify']], () => {})));
});

test('a cascade answers unsure items with the heavy variant, and in one worker they do not leave it', async () => {
  const cascade = { heavy: 'cnn16', below: 0.6 };
  const sent = new Set<string>();
  const note = (_worker: ExecutorWorker, stage: string, items: object) =>
    sent.add(`${stage} ${'kept' in items ? 'kept' : 'sent'}`);
  const together = await answersOf([['detect', 'classify', 'classify-heavy']], note, { cascade });
  expect([...sent].sort()).toEqual(['classify kept', 'classify-heavy kept', 'detect sent']);
  sent.clear();
  const pair = await answersOf([['detect'], ['classify', 'classify-heavy']], note, { cascade });
  expect([...sent].sort()).toEqual(['classify sent', 'classify-heavy kept', 'detect sent']);
  sent.clear();
  const apart = await answersOf([['detect', 'classify'], ['classify-heavy']], note, { cascade });
  expect([...sent].sort()).toEqual(['classify kept', 'classify-heavy sent', 'detect sent']);
  expect(labels(pair)).toEqual(labels(together));
  expect(labels(apart)).toEqual(labels(together));

  const by = async (variant: string) =>
    labels(await answersOf([['detect', 'classify']], () => {}, { variants: ['det4', variant] }));
  const [light, heavy] = [(await by('mlp64')) as unknown as ClassResult[][], await by('cnn16')];
  const unsure = light.map((own) => own!.map(({ score }) => score < cascade.below));
  expect(labels(together)).toEqual(
    light.map((own, r) => own!.map((result, i) => (unsure[r]![i] ? heavy[r]![i] : result))),
  );
  expect(together.map(({ answer }) => answer.children.map((item) => item.escalated === true))).toEqual(
    unsure,
  );
  expect(unsure.flat()).toContain(true);
  expect(unsure.flat()).toContain(false);
});

/** A model of a stage worker: it keeps items as one does, and throws if it is asked for an item that it does not keep. */
class ModelWorker implements Keeper {
  readonly forget: number[] = [];
  readonly kept = new Map<number, Item>();
  #count = 0;

  take(items: ItemBatch | KeptItems, keeping: Keeping): Item[] {
    for (const number of keeping.forget) this.kept.delete(number);
    if (!('kept' in items)) return itemsOf(items);
    return items.kept.map((number) => {
      const item = this.kept.get(number);
      if (!item) throw new Error(`no item ${number}`);
      this.kept.delete(number);
      return item;
    });
  }

  keep(items: readonly Item[]): KeptItems {
    return {
      kept: items.map((item) => {
        this.kept.set(this.#count, item);
        return this.#count++;
      }),
    };
  }
}

test('whatever workers keep, lose and run, a batch has the items that follow from the input, and no item stays', () => {
  const { manifest } = models;
  const [detect, classify] = manifest.stages;
  const pipeline = new Pipeline({
    name: 'three',
    stages: [detect!, classify!, { ...classify!, name: 'again' }],
  });
  const boxes = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 80 })).map(([x, y]) => ({
      x,
      y,
      width: 16,
      height: 16,
      score: 1,
    })),
    { maxLength: 3 },
  );
  const step = fc.record({
    act: fc.constantFrom('run', 'run', 'run', 'run', 'settle', 'end', 'lose', 'fail'),
    worker: fc.nat(1),
    at: fc.nat(),
    items: fc.integer({ min: 1, max: 4 }),
    keep: fc.boolean(),
    keepOwn: fc.boolean(),
    scores: fc.array(fc.constantFrom(0.2, 0.8), { minLength: 4, maxLength: 4 }),
    boxes: fc.array(boxes, { minLength: 4, maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const requests = new Requests(pipeline);
      const workers = [new ModelWorker(), new ModelWorker()];
      const open = new Set<number>();
      const waiting: { item: QueuedItem; bytes: Item }[] = [];
      /** The children of each escalated item that follow if the answer of the light variant stands. */
      const light = new Map<number, Item[]>();
      let ids = 0;
      for (let i = 0; i < 3; i++) {
        const { id } = requests.enter(scenes[i]!, 0);
        open.add(id);
        waiting.push({
          item: { id: ids++, request: id, row: 0, parent: null, index: 0 },
          bytes: scenes[i]!,
        });
      }
      const run = ({
        worker: w,
        at,
        items,
        keep,
        keepOwn,
        boxes: found,
        scores,
        act,
      }: (typeof steps)[number]) => {
        if (waiting.length === 0) return;
        const { row: stage } = waiting[at % waiting.length]!.item;
        const batch = waiting.filter(({ item }) => item.row === stage).slice(0, items);
        const worker = workers[w]!;
        const sent = requests.batchFor(
          worker,
          batch.map(({ item }) => item),
        );
        const ran = worker.take(sent, { keep, keepOwn, forget: worker.forget.splice(0) });
        expect(ran.map((item, i) => Buffer.from(item).equals(batch[i]!.bytes))).toEqual(ran.map(() => true));
        if (act === 'fail') return; // the items wait for another try
        const results = batch.map((_, i) =>
          stage === 0
            ? { task: 'object-detection', detections: found[i]! }
            : { task: classify!.task, label: 0, score: scores[i]! },
        ) as unknown as StageResult[];
        const entry = pipeline.stages[stage % 3]!;
        // The second stage is a cascade: row 4 is its heavy variant.
        const below = stage === 1 ? 0.5 : undefined;
        const format = entry.next?.format ?? null;
        const children = ran.map((item, i) => childrenOf(entry, format, item, results[i]!));
        const flat = children.flat();
        const stageRun: StageRun<ItemBatch | KeptItems> = {
          results,
          children: keep ? worker.keep(flat) : batchOf(flat),
          childCounts: children.map(({ length }) => length),
          ...(keepOwn && { own: worker.keep(ran) }),
        };
        const follows = requests.addResults(
          worker,
          batch.map(({ item }) => item),
          stageRun,
          below,
        );
        expect(follows).toEqual(
          children.map(({ length }, i) =>
            below !== undefined && scores[i]! < below ? { otherwise: length } : length,
          ),
        );
        batch.forEach(({ item }, i) => {
          waiting.splice(
            waiting.findIndex((entry) => entry.item === item),
            1,
          );
          const escalates = typeof follows[i] !== 'number';
          if (escalates) light.set(item.id, children[i]!);
          enter(
            item.request,
            item.id,
            escalates ? stage + 3 : (stage % 3) + 1,
            escalates ? [ran[i]!] : children[i]!,
          );
        });
      };
      const enter = (request: number, parent: number, row: number, bytes: readonly Item[]) => {
        bytes.forEach((one, index) => {
          waiting.push({ item: { id: ids++, request, row, parent, index }, bytes: one });
        });
      };
      const settle = (at: number) => {
        const heavy = waiting.filter(({ item }) => item.row === 4);
        if (heavy.length === 0) return;
        const { item } = heavy[at % heavy.length]!;
        waiting.splice(
          waiting.findIndex((entry) => entry.item === item),
          1,
        );
        const children = light.get(item.parent!)!;
        requests.settle(item, children.length);
        enter(item.request, item.parent!, 2, children);
      };
      const end = (id: number) => {
        requests.end(id, 'shed');
        open.delete(id);
        for (let i = waiting.length - 1; i >= 0; i--)
          if (waiting[i]!.item.request === id) waiting.splice(i, 1);
      };
      for (const step of steps) {
        if (step.act === 'lose') workers[step.worker] = new ModelWorker();
        else if (step.act === 'end' && open.size > 0) end([...open][step.at % open.size]!);
        else if (step.act === 'settle') settle(step.at);
        else run(step);
      }
      for (const id of [...open]) end(id);
      for (const worker of workers) {
        worker.take(batchOf([]), { keep: false, keepOwn: false, forget: worker.forget.splice(0) });
        expect(worker.kept.size).toBe(0);
      }
    }),
  );
});
