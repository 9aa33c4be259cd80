import { expect, test } from 'vitest';
import { resourceSpec } from '../../../../agent/kubernetes/resource/schema.ts';
import { answers, planFor } from '../../../../agent/kubernetes/resource/spec.ts';
import type { Plan } from '../../../../solver/documents/plan.ts';
import { UnmeasuredBodyError } from '../../../../solver/plan/errors.ts';
import { fashionProfile, podsProfile } from '../fashion-profile.ts';

test('nothing is planned for a process that was told to stop before', async () => {
  const profile = { profile: fashionProfile(), sha256: 'a'.repeat(64) };
  const spec = resourceSpec.parse({ slaMs: 300, ratePerS: 2 });
  await expect(planFor(spec, profile, AbortSignal.abort('stopped'))).rejects.toBe('stopped');
});

test('a spec with both a claim and a manifest in the image is refused, because the pods read one manifest', () => {
  const of = (more: object) => resourceSpec.safeParse({ slaMs: 300, ratePerS: 2, ...more });
  const both = of({ modelsClaim: 'models', manifest: 'own/manifest.json' });
  expect(both.error?.issues).toMatchObject([{ path: ['manifest'] }]);
  for (const one of [{ modelsClaim: 'models' }, { manifest: 'own/manifest.json' }])
    expect(of(one).success).toBe(true);
});

test('a plan for requests in JSON counts their cost, and answers no spec for binary tensors', async () => {
  const pods = podsProfile(8);
  const [binary] = pods.serving!.requests;
  const requests = [binary!, { ...binary!, body: 'json' as const, coreMs: 4 }];
  const profile = { profile: { ...pods, serving: { ...pods.serving!, requests } }, sha256: 'a'.repeat(64) };
  const [spec, inJson] = [{}, { body: 'json' }].map((more) =>
    resourceSpec.parse({ slaMs: 300, ratePerS: 2, ...more }),
  );
  const { signal } = new AbortController();
  const [plan, ofJson] = [await planFor(spec!, profile, signal), await planFor(inJson!, profile, signal)];
  expect(ofJson.body).toBe('json');
  expect([answers(plan, spec!, profile), answers(ofJson, inJson!, profile)]).toEqual([true, true]);
  expect([answers(plan, inJson!, profile), answers(ofJson, spec!, profile)]).toEqual([false, false]);
});

test('a spec for requests in JSON is refused on a profile that did not measure them', async () => {
  const profile = { profile: podsProfile(8), sha256: 'a'.repeat(64) };
  const spec = resourceSpec.parse({ slaMs: 300, ratePerS: 2, body: 'json' });
  const planning = planFor(spec, profile, new AbortController().signal);
  await expect(planning).rejects.toThrow(UnmeasuredBodyError);
});

test('a spec without downshift gets a plan without standbys, which answers no other spec', async () => {
  const profile = { profile: fashionProfile(), sha256: 'a'.repeat(64) };
  const of = (more: object = {}) => resourceSpec.parse({ slaMs: 300, ratePerS: 2, cores: 40, ...more });
  const [usual, withoutDownshift] = [of(), of({ downshift: false })];
  const { signal } = new AbortController();
  const planned = await planFor(usual, profile, signal);
  const without = await planFor(withoutDownshift, profile, signal);
  const standbysOf = (plan: Plan) => plan.stages.filter(({ standby }) => standby).length;
  expect([standbysOf(planned) > 0, standbysOf(without)]).toEqual([true, 0]);
  expect(answers(without, withoutDownshift, profile)).toBe(true);
  expect([answers(planned, withoutDownshift, profile), answers(without, usual, profile)]).toEqual([
    false,
    false,
  ]);
});

test('a plan answers a spec of its SLA and cores, and of its rate unless plans follow the load', async () => {
  const profile = { profile: fashionProfile(), sha256: 'a'.repeat(64) };
  const of = (more: object = {}) => resourceSpec.parse({ slaMs: 300, ratePerS: 2, cores: 40, ...more });
  const plan = await planFor(of(), profile, new AbortController().signal);
  const answered = (more: object) => answers(plan, of(more), profile);
  expect([{}, { adapt: false }, { ratePerS: 3 }].map(answered)).toEqual([true, true, true]);
  const others = [{ ratePerS: 3, adapt: false }, { slaMs: 301 }, { percentile: 99 }, { cores: 39 }];
  expect(others.map(answered)).toEqual([false, false, false, false]);
  expect(answers(plan, of(), { ...profile, sha256: 'b'.repeat(64) })).toBe(false);
});
