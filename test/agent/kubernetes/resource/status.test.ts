import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CONDITIONS, type Condition } from '../../../../agent/kubernetes/resource/schema.ts';
import { withCondition } from '../../../../agent/kubernetes/resource/status.ts';

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
