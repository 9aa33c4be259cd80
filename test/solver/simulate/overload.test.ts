import { expect, it } from 'vitest';
import { arrivalsOf } from '../../../solver/simulate/arrivals.ts';
import { simulate } from '../../../solver/simulate/simulate.ts';

const SLA_MS = 1000;
const BATCH = 16;
/** A batch of one item takes 40 ms, a full one 220 ms. */
const serviceMs = (items: number) => 28 + 12 * items;
const CAPACITY_PER_S = (1000 * BATCH) / serviceMs(BATCH);

/** Returns how many requests per second make the SLA, as a share of what the slowest stages can carry. */
function goodput(overload: number, seed: number): number {
  const seconds = 60;
  const arrivalsMs = arrivalsOf(
    { rates: Array<number>(seconds).fill(overload * CAPACITY_PER_S), intervalS: 1 },
    { scale: 1, seed, kind: 'exact' },
  );
  const stage = (name: string, ms: (items: number) => number) => ({
    ...{ name, batch: BATCH, maxWaitMs: 20, serviceMs: ms },
  });
  const stages = [stage('fast', () => 1), stage('slow', serviceMs), stage('slow-too', serviceMs)];
  const { requests } = simulate({
    policy: { slaMs: SLA_MS, shedding: 'late', stages },
    workers: stages.map((_, row) => ({ id: `w${row}`, rows: [row] })),
    arrivalsMs,
    packItems: Int32Array.from(arrivalsMs, (_, i) => i),
    counts: () => 1,
    service: { sampleMs: (row, items, drawn) => stages[row]!.serviceMs(items) * (0.8 + 0.4 * drawn()) },
    seed,
  });
  const good = requests.filter(({ latencyMs }) => latencyMs !== null && latencyMs <= SLA_MS).length;
  return good / seconds / CAPACITY_PER_S;
}

it.each([1.1, 1.3, 2, 3])(
  'at %f times what the later stages carry, they waste little on late requests',
  (overload) => {
    expect(goodput(overload, 1)).toBeGreaterThan(0.85);
  },
);
