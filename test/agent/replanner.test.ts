import { expect, onTestFinished, test } from 'vitest';
import { PlanRefusedError } from '../../agent/service/errors.ts';
import { Replanner } from '../../agent/service/replanner.ts';
import { planOnce } from '../../workers/planner/once.ts';
import { identify } from '../../workers/store/exchange.ts';
import { cascadeProfile, fashionProfile } from './kubernetes/fashion-profile.ts';

test('a plan of another profile, or one that was edited to another CPU, is not adapted', async () => {
  const profile = await identify(fashionProfile());
  const replanner = await Replanner.open(profile, { predictor: 'last-window', interval: 10, minRate: 0 });
  onTestFinished(() => replanner.close());
  const plan = await planOnce(profile.profile, { slaMs: 300, ratePerS: 2, resources: { cores: 40 } });
  replanner.check(JSON.parse(JSON.stringify(plan)), 'The plan');
  const of = (change: object) => ({ ...plan, profile: { ...plan.profile, ...change } });
  expect(() => replanner.check(of({ sha256: 'f'.repeat(64) }), 'The plan')).toThrow(PlanRefusedError);
  const device = { ...plan.profile.device, platform: 'linux x64, another CPU' };
  expect(() => replanner.check(of({ device }), 'The plan')).toThrow(/the plan was edited/);
});

test('plans have a cascade only in stages for which one is allowed', async () => {
  const profile = await identify(cascadeProfile());
  const replanner = await Replanner.open(profile, { predictor: 'last-window', interval: 10, minRate: 0 });
  onTestFinished(() => replanner.close());
  const asked = { slaMs: 300, ratePerS: 150, resources: { cores: 6 } };
  const plan = await planOnce(profile.profile, asked);
  const load = { forecast: { medianPerS: 150, p90PerS: 150 }, countsPerS: [150, 150] };
  const cascades = async (stages: string[]) => {
    const { system } = replanner.adaptationFor(plan, new Set(stages));
    return (await system.plan(load, undefined)).stages.flatMap(({ escalation }) => escalation?.from ?? []);
  };
  expect(await cascades(['detect'])).toEqual([]);
  expect(await cascades(['classify'])).toEqual(['classify']);
});
