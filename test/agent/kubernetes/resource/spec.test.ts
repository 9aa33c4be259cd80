import { expect, test } from 'vitest';
import { resourceSpec } from '../../../../agent/kubernetes/resource/schema.ts';
import { planFor } from '../../../../agent/kubernetes/resource/spec.ts';
import { fashionProfile } from '../fashion-profile.ts';

test('nothing is planned for a process that was told to stop before', async () => {
  const profile = { profile: fashionProfile(), sha256: 'a'.repeat(64) };
  const spec = resourceSpec.parse({ slaMs: 300, ratePerS: 2 });
  await expect(planFor(spec, profile, AbortSignal.abort('stopped'))).rejects.toBe('stopped');
});
