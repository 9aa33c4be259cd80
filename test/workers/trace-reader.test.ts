import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TraceReader } from '../../workers/stage/trace-reader.ts';

/** Lines as ONNX Runtime's profiler writes them. */
const event = (cat: string, name: string, ts: number, dur: number, args: object = {}): string =>
  `${JSON.stringify({ cat, pid: 42, tid: 7, dur, ts, ph: 'X', name, args })},`;
const node = (operator: string, ts: number, dur: number, provider = 'CPUExecutionProvider'): string =>
  event('Node', `/some/${operator}_kernel_time`, ts, dur, { op_name: operator, provider });
const onGpu = (operator: string, ts: number, dur: number): string =>
  node(operator, ts, dur, 'WebGpuExecutionProvider');
const kernel = (operator: string, ts: number, dur: number): string =>
  event('Api', `/a&b/${operator}&${operator}&${operator}Program`, ts, dur, { shapes: '' });
const run = (ts: number, dur: number): string => event('Session', 'model_run', ts, dur);

function totals(lines: readonly string[], { gpu = false, skip = 0 } = {}) {
  const reader = new TraceReader({ gpu, skip });
  for (const line of ['[', ...lines, ']']) reader.take(line);
  return reader.totals();
}

test('adds up the time and calls of each type of operator over the runs that count', () => {
  const cold = [node('Conv', 0, 9000), node('Relu', 9000, 500), run(0, 10_000)];
  const warm = [20_000, 30_000].flatMap((ts) => [
    node('Conv', ts, 2000),
    node('Conv', ts + 2000, 1000),
    node('Relu', ts + 3000, 250),
    run(ts, 4000),
  ]);
  expect(totals([...cold, ...warm], { skip: 1 })).toEqual({
    runs: 2,
    runMs: 8,
    kernelsTimed: true,
    operators: [
      { operator: 'Conv', on: 'cpu', calls: 4, ms: 6 },
      { operator: 'Relu', on: 'cpu', calls: 2, ms: 0.5 },
    ],
  });
});

test('the time of nodes inside a loop or a branch is not counted twice', () => {
  const inner = [node('MatMul', 100, 300), node('MatMul', 450, 300)];
  const { operators } = totals([node('Gather', 0, 50), ...inner, node('Loop', 60, 1000), run(0, 1100)]);
  expect(operators.map(({ operator, ms }) => [operator, ms])).toEqual([
    ['Gather', 0.05],
    ['MatMul', 0.6],
    ['Loop', 0.4],
  ]);
});

test('on a GPU the kernels of the runs that count are added up, and the nodes that ran on the CPU', () => {
  const lines = [
    ...[onGpu('Conv', 10, 5), node('NonZero', 15, 700), run(0, 2000)],
    ...[onGpu('Conv', 3010, 5), node('NonZero', 3015, 500), run(3000, 2000)],
    ...[kernel('Conv', 20, 1500), kernel('Transpose', 3020, 100), kernel('Conv', 3200, 900)],
  ];
  const { operators, kernelsTimed } = totals(lines, { gpu: true, skip: 1 });
  expect(kernelsTimed).toBe(true);
  expect(operators).toEqual([
    { operator: 'NonZero', on: 'cpu', calls: 1, ms: 0.5 },
    { operator: 'Transpose', on: 'gpu', calls: 1, ms: 0.1 },
    { operator: 'Conv', on: 'gpu', calls: 1, ms: 0.9 },
  ]);
});

test('a GPU that tells no times of its kernels is not told of with the time of handing nodes over', () => {
  expect(totals([onGpu('Conv', 10, 5), run(0, 2000)], { gpu: true })).toMatchObject({
    kernelsTimed: false,
    operators: [],
  });
});

test('lines that are no events, or whose figures are none, are passed over', () => {
  const odd = [
    '',
    'null,',
    '[]',
    '{"cat" : "Node","name" : "torn',
    event('Node', 'x_kernel_time', -1, 5),
    `{"cat":"Node","name":"x_kernel_time","ts":0,"dur":1e999,"args":{}},`,
    `{"cat":"Node","name":7,"ts":0,"dur":5},`,
    event('Node', 'x_fence_before', 0, 5),
  ];
  expect(totals([...odd, node('Add', 10, 40), run(0, 100)]).operators).toEqual([
    { operator: 'Add', on: 'cpu', calls: 1, ms: 0.04 },
  ]);
});

test('an event without the name of its operator has a placeholder, and a run that never ends does not count', () => {
  const nameless = `{"cat":"Node","name":"x_kernel_time","ts":1,"dur":2000,"args":null},`;
  expect(totals([nameless, run(0, 3000), node('Add', 4000, 10)])).toMatchObject({
    runs: 1,
    operators: [{ operator: '?', ms: 2 }],
  });
});

test('a trace with thousands of made-up types gives a table of bounded size that lacks no time', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => node(`${'x'.repeat(500)}`.slice(i % 90) + i, i, 1));
  const { operators } = totals([...lines, run(0, 5000)]);
  expect(operators.length).toBeLessThanOrEqual(1001);
  expect(operators.every(({ operator }) => operator.length <= 100)).toBe(true);
  expect(operators.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(5, 6);
});

test('whatever the nesting, the times of all operators add up to those of the outermost nodes', () => {
  interface Tree {
    readonly self: number;
    readonly inner: readonly Tree[];
  }
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.record({
      self: fc.nat({ max: 1000 }),
      inner: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 3 })),
    }),
  }));
  /** Returns the line of a node that begins at `ts`, after the lines of its inner nodes, and the node's duration. */
  const written = ({ self, inner }: Tree, ts: number, depth: number): { lines: string[]; dur: number } => {
    const lines: string[] = [];
    let at = ts + self;
    for (const one of inner) {
      const { lines: own, dur } = written(one, at, depth + 1);
      lines.push(...own);
      at += dur;
    }
    return { lines: [...lines, node(`depth${depth}`, ts, at - ts)], dur: at - ts };
  };
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 4 }), (roots) => {
      const root = written({ self: 0, inner: roots }, 0, -1);
      const { operators } = totals([...root.lines, run(0, root.dur)]);
      const sum = operators.reduce((all, { ms }) => all + ms, 0);
      expect(sum).toBeCloseTo(root.dur / 1000, 6);
    }),
  );
});
