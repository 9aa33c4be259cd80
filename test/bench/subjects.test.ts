import { expect, it } from 'vitest';
import { subject } from '../../bench/adaptation/subjects.ts';

it('fashion is compared with times that are the same on any machine, and all its variants', async () => {
  const { profile, rivals } = await subject('fashion');
  expect(profile.device).toMatchObject({ environment: 'node', platform: 'linux x64, AMD EPYC' });
  for (const variants of [rivals.fa2Low, rivals.fa2High])
    for (const { name, variants: all } of profile.stages)
      expect(all.map((variant) => variant.name)).toContain(variants[name]);
});
