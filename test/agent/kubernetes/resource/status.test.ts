import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { KubernetesApi } from '../../../../agent/kubernetes/api.ts';
import {
  CONDITIONS,
  type Condition,
  RESOURCE,
  type ResourceStatus,
} from '../../../../agent/kubernetes/resource/schema.ts';
import { StatusWriter, withCondition } from '../../../../agent/kubernetes/resource/status.ts';

const step = fc.record({
  type: fc.constantFrom(...CONDITIONS),
  status: fc.constantFrom('True' as const, 'False' as const),
  reason: fc.constantFrom('A', 'B'),
});

test('each condition is there once at most, in order, and tells when its status last changed', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let conditions: Condition[] = [];
      steps.forEach(({ type, status, reason }, i) => {
        const before = conditions;
        const now = new Date(1000 * i).toISOString();
        conditions = withCondition(before, type, { status, reason, message: '' }, 1, now);
        const types = conditions.map((one) => one.type);
        expect(types).toEqual(CONDITIONS.filter((one) => types.includes(one)));
        for (const one of conditions) {
          const old = before.find((other) => other.type === one.type);
          expect(one.lastTransitionTime).toBe(old?.status === one.status ? old.lastTransitionTime : now);
        }
        const place = CONDITIONS.indexOf(type);
        if (status !== 'True')
          expect(
            conditions.slice(conditions.findIndex((one) => one.type === type) + 1).map((one) => one.status),
          ).toEqual(CONDITIONS.slice(place + 1).map(() => 'Unknown'));
      });
    }),
  );
});

test('the status is of an earlier generation as long as a condition is', async () => {
  const applyStatus = vi.fn<KubernetesApi['applyStatus']>(async () => {});
  const writerOf = (generation: number, status = {}) =>
    new StatusWriter({ applyStatus } as unknown as KubernetesApi, {
      ...RESOURCE,
      metadata: { name: 'fashion', generation },
      status,
    });
  const written = () => applyStatus.mock.lastCall![0].status as ResourceStatus;
  const said = { status: 'True', reason: 'Done', message: '' } as const;
  const first = writerOf(1);
  for (const type of CONDITIONS) await first.say(type, said);
  expect(written().observedGeneration).toBe(1);
  const second = writerOf(2, written());
  const generations: (number | undefined)[] = [];
  for (const type of CONDITIONS) {
    await second.say(type, said);
    generations.push(written().observedGeneration);
  }
  expect(generations).toEqual([1, 1, 2]);
  // A step that fails leaves no later condition of the earlier spec.
  await writerOf(3, written()).say('Profiled', { ...said, status: 'False' });
  expect(written().observedGeneration).toBe(3);
});

test('a plan of many stages with long names is cut, because the API server would refuse a longer text', async () => {
  const applyStatus = vi.fn<KubernetesApi['applyStatus']>(async () => {});
  const writer = new StatusWriter({ applyStatus } as unknown as KubernetesApi, {
    ...RESOURCE,
    metadata: { name: 'long' },
  });
  const said = { status: 'True', reason: 'Applied', message: '' } as const;
  await writer.say('Planned', said, { plan: 'variant b1 ×1 → '.repeat(200) });
  expect(applyStatus.mock.lastCall![0].status).toMatchObject({
    plan: expect.stringMatching(/^variant.{1993}$/),
  });
});
