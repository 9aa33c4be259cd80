import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kubernetesName } from '../../../agent/cluster/names.ts';

test('names that Kubernetes takes stay as they are', () => {
  expect(kubernetesName('fashion', 'detect')).toBe('fashion-detect');
});

test('any name becomes one that Kubernetes takes, and different ones stay different', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
  fc.assert(
    fc.property(name, name, (a, b) => {
      for (const text of [a, b])
        expect(`${kubernetesName(text)}-thirteen.....`.length).toBeLessThanOrEqual(64);
      expect(kubernetesName(a)).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
      if (a !== b) expect(kubernetesName(a)).not.toBe(kubernetesName(b));
    }),
  );
  expect(kubernetesName('Shop')).not.toBe(kubernetesName('shop'));
});
