import { expect, test } from 'vitest';
import type { MeasuredCell } from '../../../solver/documents/cell.ts';
import { parseProfile } from '../../../solver/documents/profile.ts';
import { parseJournalEntry } from '../../../workers/store/exchange.ts';
import { cell, profile, runs } from '../profiles.ts';

const withColumns = (columns: Partial<MeasuredCell>) =>
  profile([cell('detect', 's', 'cpu', 4, runs(10), columns)]);

const each = <T>(value: T): T[] => runs(10).map(() => value);

test('a cell has the size, the steps and the times by session run of each run, or none', () => {
  const columns = { sizes: each(7.5), steps: each(3), runsMs: { encoder: each(2), decoder: each(7) } };
  expect(withColumns(columns).cells[0]).toMatchObject(columns);
  expect(withColumns({}).cells).toHaveLength(1);
});

test('two variants of one name in a stage are refused', () => {
  const one = withColumns({});
  const [stage] = one.stages;
  const stages = [{ ...stage!, variants: [...stage!.variants, stage!.variants[0]!] }];
  expect(() => parseProfile({ ...one, stages }, 'mine')).toThrow('expected variant names that differ');
});

test.each<[string, Partial<MeasuredCell>]>([
  ['sizes', { sizes: [1] }],
  ['steps', { steps: [1] }],
  ['decoder', { runsMs: { encoder: each(1), decoder: [1] } }],
])('%s of another number than the runs are refused', (field, columns) => {
  expect(() => withColumns(columns)).toThrow(`cells[0].${field}: expected one per inferenceMs`);
});

test('a fan-out has the size of each item, or none', () => {
  const one = cell('detect', 's', 'cpu', 4, runs(10));
  const withSizes = (sizes: number[]) =>
    profile([one], { fanOut: [{ stage: 'classify', upstream: { detect: 's' }, counts: [2, 0, 1], sizes }] });
  expect(withSizes([3, 4, 5]).fanOut[0]!.sizes).toEqual([3, 4, 5]);
  expect(() => withSizes([3, 4])).toThrow('fanOut[0].sizes: expected one for each item');
});

test('delays after pauses of a stage that the profile does not have are refused', () => {
  const pausesOf = (stage: string) => {
    const pauses = [{ pauseMs: 2, n: 10, delays: [{ percentile: 50, delayMs: 1 }] }];
    return profile([cell('detect', 's', 'cpu', 4, runs(10))], {
      batchPauses: [{ backend: 'cpu', stage, pauses }],
    });
  };
  expect(pausesOf('detect').batchPauses).toHaveLength(1);
  expect(() => pausesOf('track')).toThrow('batchPauses[0].stage: expected a stage of this profile');
});

test('two measurements of the way to a pod with the same stage and number of items are refused', () => {
  const latency = [{ percentile: 50, delayMs: 1 }];
  const hop = { stage: 'detect', items: 1, n: 10, gatewayMs: 1, podMs: 1, latency };
  const requests = [{ body: 'json' as const, bodyBytes: 100, n: 10, coreMs: 1, latency }];
  const withHops = (hops: (typeof hop)[]) =>
    profile([cell('detect', 's', 'cpu', 4, runs(10))], { serving: { requests, hops } });
  expect(withHops([hop, { ...hop, items: 4 }]).serving!.hops).toHaveLength(2);
  expect(() => withHops([hop, hop])).toThrow(
    'serving.hops[1]: expected one entry for a stage and number of items',
  );
});

test('a profile without cells, with one twice, or with one that took no time is refused', () => {
  const one = cell('detect', 's', 'cpu', 4, runs(10));
  expect(() => profile([])).toThrow('cells: expected at least one cell');
  expect(() => profile([one, one])).toThrow('cells[1]: expected one cell detect/s/cpu/1/4');
  const zeros = { inferenceMs: each(0), handlingMs: each(0) };
  expect(() => withColumns(zeros)).toThrow('cells[0].inferenceMs: expected a time above 0');
  expect(withColumns({ ...zeros, flags: ['timer-grain'] }).cells).toHaveLength(1);
});

test('a profile whose times add up to infinity is refused', () => {
  expect(() => withColumns({ inferenceMs: each(1e308) })).toThrow(
    'cells[0].inferenceMs[0]: expected at most 1e+100, found 1e+308',
  );
});

test('a profile and its journal take the answers to a pack of any size', () => {
  const items = 130_000;
  const answers = Array.from({ length: items }, (): [number, number, number] => [0.5, 1, 1]);
  const confidences = answers.map(([confidence]) => confidence);
  const path = { stage: 'detect', variant: 's', upstream: {}, confidences, earned: confidences };
  const { stages } = profile([cell('detect', 's', 'cpu', 4, runs(10))]);
  const withAnswers = stages.map((stage) => ({
    ...stage,
    variants: stage.variants.map((variant) => ({ ...variant, answers })),
  }));
  const made = profile([cell('detect', 's', 'cpu', 4, runs(10))], { stages: withAnswers, paths: [path] });
  expect(made.stages[0]!.variants[0]!.answers).toHaveLength(items);
  const score = { value: 1, n: items };
  const entries = [
    { kind: 'variant-accuracy', stage: 'detect', variant: 's', score, answers },
    { kind: 'path', path },
  ];
  for (const entry of entries)
    expect(parseJournalEntry(() => entry, 'the journal', 'Delete it.')).toEqual(entry);
});
