import fc from 'fast-check';
import { expect, test } from 'vitest';
import { whyNot } from '../../../../agent/kubernetes/capacity/cluster.ts';
import { quantity } from '../../../../agent/kubernetes/capacity/quantity.ts';
import { type Room, unplaced, type Wanted } from '../../../../agent/kubernetes/capacity/room.ts';

test('amounts are read as Kubernetes writes them', () => {
  const read = ['2', '250m', '1.5', '1e3', '776Mi', '1Gi', '16k', '100n'].map(quantity);
  expect(read).toEqual([2, 0.25, 1.5, 1000, 776 * 2 ** 20, 2 ** 30, 16_000, 100 * 1e-9]);
  for (const text of ['', 'Mi', '1 Mi', '1KiB', '-', '0x10']) expect(quantity(text)).toBeNaN();
});

const pods = (name: string, replicas: number, cpu: number, nodes: string[] = ['a', 'b']): Wanted => ({
  name,
  replicas,
  requests: { cpu, memory: 1, pods: 1 },
  nodes,
});
const room = (name: string, cpu: number, memory = 100): Room => ({ name, free: { cpu, memory, pods: 110 } });
const missed = (wanted: readonly Wanted[], rooms: readonly Room[]) =>
  unplaced(wanted, rooms).map((of) => [of.wanted.name, of.replicas]);

test('pods find room on the nodes that may run them, and on no others', () => {
  expect(missed([pods('stage', 4, 1)], [room('a', 2), room('b', 2)])).toEqual([]);
  expect(missed([pods('stage', 4, 1, ['b'])], [room('a', 8), room('b', 3)])).toEqual([['stage', 1]]);
  expect(missed([pods('stage', 1, 1, [])], [room('a', 8)])).toEqual([['stage', 1]]);
});

test('each resource counts: memory and the number of pods like cores', () => {
  expect(missed([pods('stage', 3, 0.1, ['a'])], [room('a', 8, 2)])).toEqual([['stage', 1]]);
  expect(
    missed([pods('stage', 2, 0.1, ['a'])], [{ name: 'a', free: { cpu: 8, memory: 8, pods: 1 } }]),
  ).toEqual([['stage', 1]]);
  const gpu = { ...pods('stage', 1, 1, ['a']), requests: { cpu: 1, 'nvidia.com/gpu': 1 } };
  expect(missed([gpu], [room('a', 8)])).toEqual([['stage', 1]]);
});

test('tenths of cores add up: ten pods of a tenth fit on one core', () => {
  expect(missed([pods('stage', 10, 0.1, ['a'])], [room('a', 1)])).toEqual([]);
});

test('pods that fit only if two large ones share a node fit', () => {
  const wanted = [pods('large', 2, 3), pods('small', 3, 2)];
  expect(missed(wanted, [room('a', 6), room('b', 6)])).toEqual([]);
});

/** Whether the pods fit, by trying every placement. */
function haveRoom(sizes: readonly number[], free: readonly number[]): boolean {
  const [size, ...rest] = sizes;
  if (size === undefined) return true;
  return free.some((left, i) => left >= size && haveRoom(rest, free.with(i, left - size)));
}

test('pods that no placement has room for are never all placed, and one that fits alone is', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });
  const free = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(sizes, free, (all, left) => {
      const wanted = all.map((cpu, i) => pods(`pod-${i}`, 1, cpu, ['a', 'b', 'c'].slice(0, left.length)));
      const rooms = left.map((cpu, i) => room('abc'[i]!, cpu));
      if (missed(wanted, rooms).length === 0) expect(haveRoom(all, left)).toBe(true);
      if (all.length === 1) expect(missed(wanted, rooms).length === 0).toBe(haveRoom(all, left));
    }),
  );
});

test('a node says why it does not run a pod', () => {
  const node = (spec: object, labels: Record<string, string> = {}, ready = 'True') => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'edge-1', labels },
    spec,
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });
  const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }];
  expect(whyNot({}, node({}))).toBeNull();
  expect(whyNot({}, node({}, {}, 'Unknown'))).toBe('is not ready');
  expect(whyNot({}, node({ unschedulable: true }))).toContain('cordoned');
  expect(whyNot({ nodeSelector: { pool: 'edge' } }, node({}, { pool: 'core' }))).toBe(
    'has no label pool=edge',
  );
  expect(whyNot({}, node({ taints }))).toBe('has the taint gpu:NoSchedule');
  expect(whyNot({}, node({ taints: [{ key: 'gpu', effect: 'PreferNoSchedule' }] }))).toBeNull();
  const tolerate = (more: object) =>
    whyNot({ tolerations: [{ key: 'gpu', effect: 'NoSchedule', ...more }] }, node({ taints }));
  expect([tolerate({ operator: 'Exists' }), tolerate({ operator: 'Equal', value: 'yes' })]).toEqual([
    null,
    null,
  ]);
  expect(tolerate({ operator: 'Equal', value: 'no' })).not.toBeNull();
  // An empty value is the same as no value.
  const empty = {
    tolerations: [{ key: 'gpu', operator: 'Equal' as const, value: '', effect: 'NoSchedule' as const }],
  };
  expect(whyNot(empty, node({ taints: [{ key: 'gpu', effect: 'NoSchedule' }] }))).toBeNull();
  const ofTwo = { ...node({}), status: { capacity: { cpu: '2' } } };
  expect([whyNot({}, ofTwo), whyNot({}, ofTwo, 2), whyNot({}, ofTwo, 64)]).toEqual([
    null,
    null,
    'has 2 cores in all, and the plan is for a device of 64',
  ]);
});
