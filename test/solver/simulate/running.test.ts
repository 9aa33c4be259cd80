import { expect, test } from 'vitest';
import { type HandedBatch, RunningBatches } from '../../../solver/simulate/running.ts';
import { type ServiceModel, serviceFromProfile } from '../../../solver/simulate/service.ts';
import { cell } from '../profiles.ts';

const STAGES = ['detect', 'classify', 'name'].map((name) => ({
  name,
  variant: 'v',
  backend: 'webgpu' as const,
  threads: 1,
}));
const cells = STAGES.map(({ name }) => cell(name, 'v', 'webgpu', 1, [10]));

const gpu = (...slowDowns: number[]): ServiceModel =>
  serviceFromProfile(
    {
      cells,
      coRun: slowDowns.length > 0 ? [{ backend: 'webgpu', threads: 1, n: 1, slowDowns }] : [],
    },
    STAGES,
  );

const batch = (
  id: number,
  handedMs: number,
  aloneMs: number,
  worker = `w${id}`,
  overlapMs = 0,
): HandedBatch => ({ batch: id, row: id, worker, items: [], handedMs, aloneMs, overlapMs });

/** Runs all batches to their ends. @returns when each batch ran, by id */
function times(batches: HandedBatch[], service: ServiceModel): [startMs: number, endMs: number][] {
  const running = new RunningBatches();
  const started = batches.map((next) => {
    endUntil(next.handedMs);
    return running.start(next, service);
  });
  endUntil(Number.POSITIVE_INFINITY);
  return started.map(({ startMs, endMs }) => [startMs, endMs]);

  function endUntil(untilMs: number): void {
    for (let first = running.next(); first && first.endMs <= untilMs; first = running.next())
      running.end(first, service);
  }
}

test('batches on one GPU slow each other as long as both run', () => {
  // The first batch does 5 ms of its work alone, both do 5 ms in the next 10 ms, and the second does its last 5 ms alone.
  expect(times([batch(0, 0, 10), batch(1, 5, 10)], gpu(2))).toEqual([
    [0, 15],
    [5, 20],
  ]);
});

test('what is measured is the median over the rounds, and nobody is made faster', () => {
  const together = [batch(0, 0, 10), batch(1, 0, 10)];
  const endMs = (...slowDowns: number[]) => times(structuredClone(together), gpu(...slowDowns))[0]![1];
  expect(endMs(1.4, 9, 1.5)).toBe(15);
  expect(endMs(0.7)).toBe(10);
});

test('three get no more done together than two', () => {
  expect(times([batch(0, 0, 10), batch(1, 0, 10), batch(2, 0, 10)], gpu(1.6))[2]![1]).toBeCloseTo(24, 9);
});

test('workers on a GPU that was not measured take turns', () => {
  expect(times([batch(0, 0, 10), batch(1, 0, 10)], gpu())[0]![1]).toBe(20);
});

test('a batch that has ended before another one starts keeps its end', () => {
  const running = new RunningBatches();
  const [first, second] = [batch(0, 0, 10), batch(1, 12, 10)].map((next) => running.start(next, gpu(2)));
  expect([first!.endMs, second!.startMs]).toEqual([10, 12]);
});

test('a batch that starts after the time of a change is slowed from its start on', () => {
  const running = new RunningBatches();
  const [late] = [batch(0, 5, 10), batch(1, 0, 10)].map((next) => running.start(next, gpu(2)));
  expect(late!.endMs).toBe(25);
});

test('a batch that was handed ahead starts when its worker is done, and is slowed from then on', () => {
  expect(times([batch(0, 0, 10, 'w'), batch(1, 0, 10), batch(2, 1, 4, 'w')], gpu(2))).toEqual([
    [0, 20],
    [0, 20],
    [20, 24],
  ]);
});

test.each<[string, handedMs: number, endMs: number]>([
  ['takes only what does not overlap the batch before, if its worker gets it early enough', 4, 13],
  ['ends when it would end alone, if its worker gets it later', 9, 14],
])('a batch that is handed ahead %s', (_, handedMs, endMs) => {
  expect(times([batch(0, 0, 10, 'w'), batch(1, handedMs, 5, 'w', 2)], gpu(2))[1]).toEqual([10, endMs]);
});

test('the slow-down of a row is computed once for all its batches, of which a cluster runs thousands', () => {
  let calls = 0;
  const slowDown = () => {
    calls++;
    return 2;
  };
  const batches = Array.from({ length: 100 }, (_, id) => ({ ...batch(id, 0, 10), row: id % 2 }));
  const ran = times(batches, { ...gpu(), slowDown });
  expect(ran.every(([, endMs]) => endMs === 20)).toBe(true);
  // Each of the 100 starts and 100 ends needs the slow-downs of two rows at most.
  expect(calls).toBeLessThanOrEqual(400);
});
