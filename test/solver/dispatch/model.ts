import assert from 'node:assert/strict';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import type {
  Action,
  DispatchPolicy,
  DispatchWorker,
  Follow,
  Outcome,
} from '../../../solver/dispatch/types.ts';
import { ModelRows } from './model-rows.ts';
import { type ModelItem, ModelWaiting } from './model-waiting.ts';

interface ModelRequest {
  readonly arrivalMs: number;
  readonly order: number;
  /** Index of the stage after which the request ends. */
  readonly last: number;
  /** Items waiting or in flight. */
  live: number;
  mustFail: boolean;
  outcome: Outcome | null;
}

interface ModelBatch {
  readonly worker: string;
  readonly row: number;
  /** Whether items may go on to a heavy variant: the stage was a cascade when the batch started. */
  readonly escalates: boolean;
  readonly items: readonly ModelItem[];
}

/** Drives a dispatch, keeps its own naive books, and expects every rule of the policy after every event. */
export class CheckedDispatch {
  readonly dispatch: Dispatch;
  nowMs = 0;
  readonly requests: ModelRequest[] = [];
  readonly batches = new Map<number, ModelBatch>();
  readonly workers = new Map<string, { holds: readonly number[]; retired: boolean; batches: number[] }>();
  #policy: DispatchPolicy;
  #rows: ModelRows;
  readonly #waiting = new ModelWaiting();
  #added = 0;

  constructor(policy: DispatchPolicy) {
    this.#policy = policy;
    this.#rows = new ModelRows(policy);
    this.dispatch = new Dispatch(policy, []);
  }

  add(holds: readonly number[]): void {
    const worker: DispatchWorker = { id: `w${this.#added++}`, rows: holds };
    this.workers.set(worker.id, { holds, retired: false, batches: [] });
    this.dispatch.workerAdded(worker);
    this.#poll();
  }

  arrive(singleStage?: number): void {
    const id = this.requests.length;
    const last = singleStage ?? this.#policy.stages.length - 1;
    this.requests.push({ arrivalMs: this.nowMs, order: id, last, live: 1, mustFail: false, outcome: null });
    this.#wait(id, singleStage ?? 0, null, 0);
    this.dispatch.arrive(id, this.nowMs, singleStage);
    this.#poll();
  }

  /** Lets time pass, stopping wherever the dispatch wants to be woken. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (let wakes = 0; ; wakes++) {
      assert.ok(wakes < 10_000);
      const wake = this.dispatch.nextWakeMs();
      if (wake === undefined || wake > until) break;
      assert.ok(wake > this.nowMs);
      this.nowMs = wake;
      this.#poll();
    }
    this.nowMs = until;
    this.#poll();
  }

  /** Completes a batch. @param followOf what follows from an item; without a heavy variant, its `otherwise` children follow */
  complete(batch: number, followOf: (k: number) => Follow): void {
    const { items, row, escalates } = this.#take(batch);
    const { length: stages } = this.#policy.stages;
    const stage = row % stages;
    const follows = items.map((_, k) => {
      const follow = followOf(k);
      return escalates || typeof follow === 'number' ? follow : follow.otherwise;
    });
    items.forEach((item, k) => {
      const request = this.requests[item.request]!;
      if (request.outcome !== null) return;
      this.#waiting.answered(item.id!);
      request.live--;
      const follow = follows[k]!;
      if (typeof follow === 'number')
        this.#enter(item.request, stage + 1, item.id, stage < request.last ? follow : 0);
      else this.#enter(item.request, stage + stages, item.id, 1, follow.otherwise);
    });
    this.dispatch.completed(batch, follows, this.nowMs);
    this.#poll();
  }

  fail(batch: number): void {
    const { items } = this.#take(batch);
    for (const item of items) {
      if (items.length === 1) this.requests[item.request]!.mustFail = true;
      this.#waitAgain(item, true);
    }
    this.dispatch.failed(batch, this.nowMs);
    this.#poll();
  }

  lose(id: string): void {
    const [batch, ahead] = [...this.workers.get(id)!.batches];
    if (batch !== undefined)
      for (const item of this.#take(batch).items) {
        item.losses++;
        if (item.losses === 3) this.requests[item.request]!.mustFail = true;
        this.#waitAgain(item, item.losses >= 2);
      }
    if (ahead !== undefined) for (const item of this.#take(ahead).items) this.#waitAgain(item, item.solo);
    this.workers.delete(id);
    this.dispatch.workerLost(id);
    this.#poll();
  }

  retire(id: string): void {
    const worker = this.workers.get(id)!;
    worker.retired = true;
    if (worker.batches.length === 0) this.workers.delete(id);
    this.dispatch.workerRetired(id);
    this.#poll();
  }

  setPolicy(policy: DispatchPolicy): void {
    this.#policy = policy;
    this.dispatch.setPolicy(policy);
    this.#rows = new ModelRows(policy);
    this.#waiting.move((row) => this.#rows.present(row));
    this.#poll();
  }

  close(): void {
    for (const action of this.dispatch.close()) {
      assert.equal(action.kind, 'end');
      if (action.kind === 'end') this.#ended(action, true);
    }
    for (const request of this.requests) assert.notEqual(request.outcome, null);
    assert.equal(this.dispatch.open, 0);
    assert.deepEqual(
      this.dispatch.queued,
      this.#rows.all.map(() => 0),
    );
    for (const batch of [...this.batches.keys()]) this.complete(batch, () => 1);
  }

  /** Lets items wait. @param otherwise number of children of the item's parent if the answer of the light variant stands */
  #enter(request: number, row: number, parent: number | null, count: number, otherwise = 0): void {
    this.requests[request]!.live += count;
    for (let index = 0; index < count; index++) this.#wait(request, row, parent, index, otherwise);
  }

  #wait(request: number, stage: number, parent: number | null, index: number, otherwise = 0): void {
    const item = { request, stage, parent, index, otherwise, enqueuedMs: this.nowMs };
    this.#waiting.push({ ...item, row: this.#rows.present(stage), solo: false, losses: 0, id: null });
  }

  #waitAgain(item: ModelItem, solo: boolean): void {
    if (this.requests[item.request]!.outcome !== null) return;
    item.solo = solo;
    item.row = this.#rows.present(item.row);
    this.#waiting.push(item);
  }

  #take(id: number): ModelBatch {
    const batch = this.batches.get(id)!;
    this.batches.delete(id);
    const worker = this.workers.get(batch.worker)!;
    worker.batches.splice(worker.batches.indexOf(id), 1);
    if (worker.retired && worker.batches.length === 0) this.workers.delete(batch.worker);
    return batch;
  }

  #poll(): void {
    const actions = this.dispatch.poll(this.nowMs);
    for (const action of actions)
      if (action.kind === 'end') this.#ended(action, false);
      else if (action.kind === 'settle') this.#settled(action);
      else this.#started(action);
    for (const request of this.requests)
      if (request.outcome === null) {
        assert.ok(!request.mustFail);
        assert.ok(request.live > 0);
      }
    assert.equal(this.dispatch.open, this.requests.filter((request) => request.outcome === null).length);
    assert.deepEqual(
      this.dispatch.queued,
      this.#rows.all.map(({ index }) => this.#waiting.of(index).length),
    );
    this.#expectNothingOverdue();
  }

  #ended(action: Action & { kind: 'end' }, closing: boolean): void {
    const request = this.requests[action.request]!;
    assert.equal(request.outcome, null);
    if (action.outcome === 'completed') assert.equal(request.live, 0);
    else assert.ok(request.live > 0);
    assert.equal(action.outcome === 'failed', request.mustFail);
    if (action.outcome === 'shed') assert.ok(closing || this.#policy.shedding === 'late');
    request.outcome = action.outcome;
    this.#waiting.drop(action.request);
  }

  #settled({ item, children }: Action & { kind: 'settle' }): void {
    const { length: stages } = this.#policy.stages;
    assert.ok(this.#policy.downshift && this.#policy.shedding === 'late');
    const { row, request, parent, otherwise } = this.#waiting.take(item);
    assert.equal(row, item.row);
    assert.ok(row >= stages);
    assert.equal(children, otherwise);
    this.requests[request]!.live--;
    this.#waiting.answered(item.id);
    const stage = row % stages;
    this.#enter(request, stage + 1, parent, stage < this.requests[request]!.last ? children : 0);
  }

  #started(action: Action & { kind: 'start' }): void {
    const { items } = action;
    const { length: stages } = this.#policy.stages;
    const isStandby = action.row >= 2 * stages;
    const row = isStandby ? action.row % stages : action.row;
    const worker = this.workers.get(action.worker)!;
    assert.ok(!worker.retired);
    const ahead = worker.batches.length > 0;
    assert.ok(worker.holds.includes(row));
    if (isStandby) {
      assert.ok(worker.holds.includes(action.row));
      assert.ok(this.#policy.downshift && this.#policy.stages[row]!.standby);
    }
    const taken = items.map((item) => this.#waiting.take(item));
    assert.equal(new Set(items.map((item) => item.id)).size, items.length);
    const solo = taken.some((item) => item.solo);
    for (const item of taken) assert.equal(item.row, row);
    const { batch, maxWaitMs } = this.#rows.at(row);
    assert.ok(items.length > 0);
    assert.ok(items.length <= (solo ? 1 : batch));
    if (this.#policy.shedding === 'never' && !solo && items.length < batch)
      assert.ok(taken.some((item) => this.nowMs >= item.enqueuedMs + maxWaitMs));
    const last = taken[taken.length - 1]!;
    if (ahead) {
      const holders = [...this.workers.values()].filter((w) => !w.retired && w.holds.includes(row));
      assert.deepEqual([worker.batches.length, holders.length], [1, 1]);
      assert.ok(!solo && items.length === batch);
      const { slaMs, shedding } = this.#policy;
      const short = shedding === 'late' && this.#rows.at(row).serviceMs(batch) <= 0.05 * slaMs;
      assert.ok(short || !this.#followersPrecede(action.worker, taken[0]!));
    }
    for (const left of this.#waiting.of(row)) if (left.solo === solo) assert.ok(!this.#before(left, last));
    const escalates = !isStandby && this.#policy.stages[row]?.heavy !== undefined;
    this.batches.set(action.batch, { worker: action.worker, row: action.row, escalates, items: taken });
    worker.batches.push(action.batch);
  }

  /** Returns whether a worker may run items that follow from its running batch, and whose requests are no newer than an item's. */
  #followersPrecede(id: string, head: ModelItem): boolean {
    const { holds, batches } = this.workers.get(id)!;
    const { row, items } = this.batches.get(batches[0]!)!;
    const { length: stages } = this.#policy.stages;
    const stage = row % stages;
    return items.some(({ request }) => {
      const { arrivalMs, last } = this.requests[request]!;
      const followers = [...(row === stage ? [row + stages] : []), ...(stage < last ? [stage + 1] : [])];
      const isHeld = followers.some((follower) => holds.includes(follower));
      return isHeld && arrivalMs <= this.requests[head.request]!.arrivalMs;
    });
  }

  /** Returns whether the request of `a` goes before that of `b`; the dispatch may order the items of one request freely. */
  #before(a: ModelItem, b: ModelItem): boolean {
    const [p, q] = [this.requests[a.request]!, this.requests[b.request]!];
    return p.arrivalMs < q.arrivalMs || (p.arrivalMs === q.arrivalMs && p.order < q.order);
  }

  /**
   * Expects that no closed batch waits beside an idle worker, that the dispatch will be woken when the next one closes and, where
   * no request is shed, that a row's only worker was handed a full batch in advance.
   */
  #expectNothingOverdue(): void {
    this.#rows.all.forEach(({ row: { batch, maxWaitMs }, index: stage }) => {
      const holders = [...this.workers].filter(([, { retired, holds }]) => !retired && holds.includes(stage));
      const idle = holders.some(([, worker]) => worker.batches.length === 0);
      const items = this.#waiting.of(stage);
      const together = items.filter((item) => !item.solo);
      const [holder] = holders;
      if (this.#policy.shedding === 'never' && holder?.[1].batches.length === 1 && together.length >= batch) {
        const head = together.reduce((first, item) => (this.#before(item, first) ? item : first));
        assert.ok(holders.length > 1 || this.#followersPrecede(holder[0], head));
      }
      if (!idle || items.length === 0) return;
      assert.equal(
        items.some((item) => item.solo),
        false,
      );
      assert.ok(items.length < batch);
      const closesMs = Math.min(...items.map((item) => item.enqueuedMs)) + maxWaitMs;
      assert.ok(closesMs > this.nowMs);
      assert.ok(this.dispatch.nextWakeMs()! <= closesMs);
    });
  }
}
