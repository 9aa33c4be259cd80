import { expect, test } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import type { DispatchPolicy } from '../../../solver/dispatch/types.ts';
import { seededRandom } from '../../../solver/math/random.ts';

/**
 * These tests simulate two gateways in front of the same replicas. Each gateway has a dispatch that sees only its own batches.
 */

const SLA_MS = 60;
const REQUESTS = 8000;
const serviceMs = (items: number): number => 3 + 5 * items;

interface Setup {
  readonly replicas: number;
  readonly batch: number;
  /** Offered load, as a share of what the replicas can carry. */
  readonly load: number;
  /** Share of the requests that each gateway gets. */
  readonly shares: readonly number[];
  /** Whether each gateway has replicas of its own; otherwise all gateways use all replicas. */
  readonly apart?: boolean;
}

interface Event {
  readonly atMs: number;
  happen(): void;
}

/**
 * Returns the share of the requests that complete within the SLA. Replicas run the batches of all gateways in the order in which
 * the batches arrive.
 */
function attainment({ replicas, batch, load, shares, apart = false }: Setup): number {
  const random = seededRandom(1);
  const policy: DispatchPolicy = {
    slaMs: SLA_MS,
    shedding: 'late',
    stages: [{ name: 'stage', batch, maxWaitMs: 0, serviceMs }],
  };
  const ids = Array.from({ length: replicas }, (_, i) => `replica-${i}`);
  const freeMs = new Map(ids.map((id) => [id, 0]));
  const gateways = shares.map((_, g) => {
    const workers = ids.filter((_, i) => !apart || i % shares.length === g);
    return new Dispatch(
      policy,
      workers.map((id) => ({ id, rows: [0] })),
    );
  });
  const events: Event[] = [];
  const arrivedMs: number[] = [];
  let inTime = 0;
  let nowMs = 0;
  const later = (atMs: number, happen: () => void) => {
    const before = events.findIndex((event) => event.atMs > atMs);
    events.splice(before < 0 ? events.length : before, 0, { atMs, happen });
  };
  const pump = (gateway: Dispatch) => {
    for (const action of gateway.poll(nowMs)) {
      if (action.kind === 'end') {
        if (action.outcome === 'completed' && nowMs - arrivedMs[action.request]! <= SLA_MS) inTime++;
        continue;
      }
      if (action.kind === 'settle') continue;
      const { worker, items } = action;
      const endMs = Math.max(nowMs, freeMs.get(worker)!) + serviceMs(items.length) * (0.9 + 0.2 * random());
      freeMs.set(worker, endMs);
      later(endMs, () => {
        gateway.completed(
          action.batch,
          items.map(() => 0),
          nowMs,
        );
        pump(gateway);
      });
    }
    const wakeMs = gateway.nextWakeMs();
    if (wakeMs !== undefined)
      later(Math.max(nowMs, wakeMs), () => gateway.nextWakeMs() === wakeMs && pump(gateway));
  };
  const ratePerMs = (load * replicas * batch) / serviceMs(batch);
  const arrive = () => {
    const drawn = random();
    const gateway = gateways[drawn < shares[0]! ? 0 : 1]!;
    const request = arrivedMs.push(nowMs) - 1;
    if (gateway.canMake(nowMs, nowMs, 1)) gateway.arrive(request, nowMs);
    pump(gateway);
    if (arrivedMs.length < REQUESTS) later(nowMs - Math.log(1 - random()) / ratePerMs, arrive);
  };
  later(0, arrive);
  for (let event = events.shift(); event; event = events.shift()) {
    nowMs = event.atMs;
    event.happen();
  }
  return inTime / REQUESTS;
}

const setups = [
  { replicas: 2, batch: 1 },
  { replicas: 2, batch: 4 },
  { replicas: 6, batch: 2 },
];

test.each(setups)('two gateways that share $replicas replicas serve what one gateway does', (setup) => {
  for (const load of [0.5, 0.7])
    for (const shares of [
      [0.5, 0.5],
      [0.9, 0.1],
    ])
      expect(attainment({ ...setup, load, shares })).toBeGreaterThan(0.99);
});

test.each(setups)(
  'at twice the load that the replicas can carry, goodput is above seven eighths of what one gateway has',
  (setup) => {
    const one = attainment({ ...setup, load: 2, shares: [1] });
    expect(attainment({ ...setup, load: 2, shares: [0.5, 0.5] })).toBeGreaterThan((7 / 8) * one);
  },
);

test.each(setups)(
  'replicas of its own for each gateway would lose requests where clients do not come evenly',
  (setup) => {
    const uneven = { ...setup, load: 0.7, shares: [0.9, 0.1] };
    expect(attainment({ ...uneven, apart: true })).toBeLessThan(0.9);
  },
);
