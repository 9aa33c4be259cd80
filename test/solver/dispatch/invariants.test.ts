import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DispatchPolicy } from '../../../solver/dispatch/types.ts';
import { CheckedDispatch } from './model.ts';

const STAGES = 3;

const rows = fc
  .record({
    batch: fc.integer({ min: 1, max: 5 }),
    maxWaitMs: fc.integer({ min: 0, max: 30 }),
    fixedMs: fc.integer({ min: 0, max: 10 }),
    perItemMs: fc.integer({ min: 0, max: 10 }),
  })
  .map(({ batch, maxWaitMs, fixedMs, perItemMs }) => ({
    batch,
    maxWaitMs,
    serviceMs: (items: number) => fixedMs + perItemMs * items,
  }));

/** Policies in which any stage may be a cascade or have a standby. */
const policies: fc.Arbitrary<DispatchPolicy> = fc
  .record({
    slaMs: fc.integer({ min: 5, max: 300 }),
    shedding: fc.constantFrom('late' as const, 'never' as const),
    downshift: fc.boolean(),
    stages: fc.array(
      fc.record({
        light: rows,
        second: fc.option(fc.record({ row: rows, isHeavy: fc.boolean() })),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      {
        minLength: STAGES,
        maxLength: STAGES,
      },
    ),
  })
  .map(({ slaMs, shedding, downshift, stages }) => ({
    slaMs,
    shedding,
    downshift: downshift && shedding === 'late',
    stages: stages.map(({ light, second, share }, i) => ({
      name: `s${i}`,
      ...light,
      ...(second?.isHeavy && { heavy: { name: `s${i}-heavy`, ...second.row, share } }),
      ...(second && !second.isHeavy && { standby: { serviceMs: second.row.serviceMs } }),
    })),
  }));

/** Rows that a worker holds: light variants have the indices of the stages, heavy ones follow, then standbys. */
const holds = fc
  .uniqueArray(fc.nat(3 * STAGES - 1), { minLength: 1 })
  .map((held) => [...new Set(held.flatMap((row) => (row < 2 * STAGES ? [row] : [row, row % STAGES])))]);
const follows = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3) },
  { weight: 1, arbitrary: fc.record({ otherwise: fc.nat(3) }) },
);
/** Picks the batch in flight, or the worker, that an event is about. */
const which = fc.nat(7);

const events = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      singleStage: fc.option(fc.nat(STAGES - 1), { freq: 9 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(40) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('complete' as const),
      which,
      follows: fc.array(follows, { minLength: 5, maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retire' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), holds }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('setPolicy' as const), policy: policies }) },
);

const pick = <T>(values: Iterable<T>, index: number): T | undefined => {
  const all = [...values];
  return all[index % Math.max(1, all.length)];
};

function happen(checked: CheckedDispatch, event: typeof events extends fc.Arbitrary<infer E> ? E : never) {
  if (event.kind === 'arrive') return checked.arrive(event.singleStage ?? undefined);
  if (event.kind === 'pass') return checked.pass(event.ms);
  if (event.kind === 'add') return checked.add(event.holds);
  if (event.kind === 'setPolicy') return checked.setPolicy(event.policy);
  if (event.kind === 'complete' || event.kind === 'fail') {
    const batch = pick(checked.batches.keys(), event.which);
    if (batch === undefined) return;
    if (event.kind === 'fail') checked.fail(batch);
    else checked.complete(batch, (k) => event.follows[k]!);
    return;
  }
  const worker = pick(checked.workers.keys(), event.which);
  if (worker === undefined) return;
  if (event.kind === 'lose') checked.lose(worker);
  else checked.retire(worker);
}

it('keeps every rule of the policy whatever happens, and ends every request exactly once', () => {
  fc.assert(
    fc.property(policies, holds, fc.array(events, { maxLength: 120, size: 'max' }), (policy, first, what) => {
      const checked = new CheckedDispatch(policy);
      checked.add(first);
      for (const event of what) happen(checked, event);
      checked.close();
    }),
    { numRuns: 1000 },
  );
});

it('completes every request when nothing fails and nothing is shed', () => {
  fc.assert(
    fc.property(policies, fc.array(follows, { minLength: 1, maxLength: 30 }), (policy, after) => {
      const checked = new CheckedDispatch({ ...policy, shedding: 'never', downshift: false });
      checked.add([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      checked.add([2]);
      for (const _ of after) checked.arrive();
      for (let turns = 0; checked.dispatch.open > 0 && turns < 5000; turns++) {
        const batch = pick(checked.batches.keys(), turns);
        if (batch === undefined) checked.pass(30);
        else checked.complete(batch, (k) => after[(batch + k) % after.length]!);
      }
      for (const request of checked.requests) expect(request.outcome).toBe('completed');
    }),
    { numRuns: 200 },
  );
});
