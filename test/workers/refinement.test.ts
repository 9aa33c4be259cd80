import { expect, test } from 'vitest';
import type { MeasuredCell } from '../../solver/documents/cell.ts';
import { seededRandom } from '../../solver/math/random.ts';
import { mean } from '../../solver/math/statistics.ts';
import { extendCell, measuredCell } from '../../workers/profiler/measured-cell.ts';
import { Refinement, samplesToCome } from '../../workers/profiler/refinement.ts';

const cell = (variant: string, samples: number[]) =>
  measuredCell(
    {
      key: { stage: 'detect', variant, backend: 'wasm', threads: 1, batch: 1 },
      cold: { loadMs: 0, createMs: 0, firstRunMs: 0 },
      warmupRuns: 1,
      outputs: { maxAbsError: 0, agree: true },
      timerGrainMs: 0.005,
      flags: [],
    },
    samples.map((inferenceMs) => ({ inferenceMs, handlingMs: 0 })),
  );

const steady = cell(
  'steady',
  Array.from({ length: 50 }, () => 10),
);
const noisy = cell(
  'noisy',
  Array.from({ length: 50 }, (_, i) => 10 + (i % 10)),
);

const refinementOf = (opensAgain = false) => new Refinement(seededRandom(1), opensAgain);

test('where sessions are opened again, time goes at once to the widest interval', () => {
  const refinement = refinementOf(true);
  for (let time = 0; time < 3; time++) expect(refinement.next([steady, noisy], 60_000)!.cell).toBe(noisy);
});

test('each cell is measured at two more times, and then the one with the widest interval', () => {
  const refinement = refinementOf();
  const chosen = Array.from({ length: 6 }, () => refinement.next([steady, noisy], 60_000)!.cell.variant);
  expect([0, 2].map((i) => new Set(chosen.slice(i, i + 2)).size)).toEqual([2, 2]);
  expect(chosen.slice(4)).toEqual(['noisy', 'noisy']);
});

test('the time left is shared out among the measurements that every cell is to get', () => {
  expect(refinementOf().next([steady, noisy], 400)!.forMs).toBe(100);
  expect(refinementOf().next([steady, noisy], 60_000)!.forMs).toBe(500);
});

test('time goes to no cell whose batch would not fit into it, and at last to none that is known well', () => {
  const refinement = refinementOf();
  const slow = cell('slow', [500, 700, 900]);
  for (let time = 0; time < 2; time++) expect(refinement.next([slow, steady], 400)!.cell).toBe(steady);
  expect(refinement.next([slow, steady], 400)).toBeUndefined();
});

test('a cell with 400 samples gets no more, and one with few samples gets more however well they agree', () => {
  const enough = cell(
    'enough',
    Array.from({ length: 400 }, (_, i) => 10 + (i % 10)),
  );
  const few = cell('few', [10, 10, 10, 10, 10]);
  const refinement = refinementOf(true);
  expect(refinement.next([enough, steady], 60_000)).toBeUndefined();
  expect(refinement.next([enough, steady, few], 60_000)!.cell).toBe(few);
});

test('more samples are to come for a wider interval, up to 400, and none for a narrow one', () => {
  const of = (n: number, width: number) => {
    const latencyMs = { ...steady.latencyMs, n, p50: 10, p50Low: 10, p50High: 10 * (1 + width) };
    return samplesToCome({ latencyMs });
  };
  expect([of(50, 0.02), of(400, 0.1), of(50, 1)]).toEqual([0, 0, 350]);
  expect(of(50, 0.03)).toBeCloseTo(50 * (1.12 * 1.5) ** 2 - 50);
});

test('a cell for which a coarse clock measured only 0 ms needs no more samples', () => {
  const instant = cell(
    'instant',
    Array.from({ length: 50 }, () => 0),
  );
  expect(samplesToCome(instant)).toBe(0);
});

test('on a machine that is faster in spells, cells come nearer to their times over all spells', () => {
  const MS = 10;
  const random = seededRandom(1);
  let nowMs = 0;
  // In every second spell of a second, a batch takes two thirds of its time.
  const run = (): number => {
    const ms = MS * (Math.floor(nowMs / 1000) % 2 === 0 ? 1 : 2 / 3) * (0.98 + 0.04 * random());
    nowMs += ms;
    return ms;
  };
  const runs = (forMs: number): number[] => {
    const times: number[] = [];
    for (const untilMs = nowMs + forMs; nowMs < untilMs; ) times.push(run());
    return times;
  };
  let cells: MeasuredCell[] = Array.from({ length: 30 }, (_, i) => cell(`v${i}`, runs(400)));
  const error = () => mean(cells.map(({ latencyMs }) => Math.abs(latencyMs.mean - (5 / 6) * MS)));
  const before = error();
  const refinement = refinementOf();
  for (const endMs = nowMs + 28_000; nowMs < endMs; ) {
    const next = refinement.next(cells, endMs - nowMs);
    if (!next) break;
    const more = runs(next.forMs).map((inferenceMs) => ({ inferenceMs, handlingMs: 0 }));
    cells = cells.map((one) => (one === next.cell ? extendCell(one, more, 0.005) : one));
  }
  expect(error()).toBeLessThan(0.7 * before);
});
