import { describe, expect, test } from 'vitest';
import { BATCH_MAX } from '../../solver/documents/common.ts';
import { modelsOf } from '../../solver/documents/manifest.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import {
  modelMismatches,
  planMismatches,
  profileMismatches,
  type Target,
} from '../../solver/plan/mismatches.ts';
import { planChanges, replanRequest } from '../../solver/plan/replan.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { loadFashion } from '../workers/fashion.ts';
import { handPlan } from '../workers/hand-plan.ts';
import { cell, profile as profileOf } from './profiles.ts';

const models = await loadFashion();
const plan = handPlan(models, { backend: 'cpu', workers: [['detect'], ['classify']] });
const { manifest } = models;
const place: Target = { pipeline: 'fashion', device: plan.profile.device, stages: modelsOf(manifest) };

const changed = (change: (copy: Plan) => void): Plan => {
  const copy = structuredClone(plan);
  change(copy);
  return copy;
};

describe('a plan', () => {
  test('of this device and these models can run here, whatever its timer was', () => {
    expect(planMismatches(plan, place)).toEqual([]);
    const device = { ...place.device, timerGrainMs: 0.005 };
    expect(planMismatches(plan, { ...place, device })).toEqual([]);
  });

  test('of as many workers, threads and items of a batch as the device bears can run here', () => {
    const most = changed((p) => {
      p.workers = Array.from({ length: 8 }, () => ({ ...p.workers[0]!, threads: 2 }));
      p.stages[0]!.batch = BATCH_MAX;
    });
    expect(planMismatches(most, place)).toEqual([]);
  });

  test.each<[string, (copy: Plan) => void, RegExp]>([
    ['another pipeline', (p) => Object.assign(p, { pipeline: 'other' }), /of pipeline other, .* of fashion/],
    [
      'another device',
      (p) => Object.assign(p.profile.device, { logicalCores: 64 }),
      /a device whose logicalCores is 64; here it is 2/,
    ],
    ['another GPU', (p) => Object.assign(p.profile.device, { adapter: { vendor: 'x' } }), /adapter is .*"x"/],
    [
      'another model',
      (p) => Object.assign(p.stages[0]!, { sha256: 'a'.repeat(64) }),
      /detect\/det4 has SHA-256 a{64}/,
    ],
    [
      'a variant that is not here',
      (p) => Object.assign(p.stages[1]!, { variant: 'vit' }),
      /no variant vit here/,
    ],
    ['other stages', (p) => p.stages.reverse(), /stages are classify, detect/],
    [
      'too many workers',
      (p) => Object.assign(p, { workers: Array(9).fill(p.workers[0]) }),
      /9 workers, and 2 cores/,
    ],
    ['too many threads', (p) => Object.assign(p.workers[0]!, { threads: 3 }), /worker-0 has 3 threads/],
    ['too large a batch', (p) => Object.assign(p.stages[0]!, { batch: 5000 }), /batches of 5000/],
  ])('of %s cannot, and says why', (_, change, why) => {
    expect(planMismatches(changed(change), place).join('\n')).toMatch(why);
  });
});

test('whether a plan is of these models does not depend on a GPU or cores', () => {
  const onGpu = changed((p) => {
    Object.assign(p.profile.device, {
      environment: 'node',
      adapter: { ...p.profile.device.adapter, software: true },
    });
    for (const row of p.stages) Object.assign(row, { backend: 'webgpu' });
    Object.assign(p.workers[0]!, { threads: 3 });
  });
  expect(modelMismatches(onGpu, place)).toEqual([]);
  expect(planMismatches(onGpu, { ...place, device: onGpu.profile.device }).join('\n')).toMatch(
    /there is no GPU/,
  );
});

/** A profile of another device, with one variant of each stage. */
const profile = profileOf(
  [cell('detect', 'det4', 'cpu', 1, [10]), cell('classify', 'mlp64', 'cpu', 1, [5])],
  {
    pipeline: 'fashion',
    device: { ...plan.profile.device, logicalCores: 8, adapter: null },
    stages: plan.stages.map(({ name, variant, sha256 }) => ({
      name,
      task: 'image-classification',
      metric: 'top-1 accuracy',
      variants: [{ name: variant, sha256, sizeBytes: 1, accuracy: { published: 0.9, measured: null } }],
    })),
  },
);

describe('planned again', () => {
  test('a plan keeps its SLA, percentile, rate, objective and prices, with the cores and GPUs that there are', () => {
    const elsewhere = changed((p) => {
      Object.assign(p, { slaMs: 123, percentile: 99, ratePerS: 7, objective: { ...p.objective, beta: 0.5 } });
      Object.assign(p.resources, { cores: 64, gpus: 4, pricePerCore: 3, memoryBytes: 1 });
    });
    const request = replanRequest(elsewhere, profile);
    expect(request).toMatchObject({
      slaMs: 123,
      percentile: 99,
      ratePerS: 7,
      objective: elsewhere.objective,
    });
    expect(request.resources).toEqual({
      cores: 8,
      gpus: 0,
      pricePerCore: 3,
      pricePerGpu: 8,
      utilisationMax: 0.8,
    });
    expect(request.backends).toEqual(['cpu']);
    expect(Object.keys(request)).not.toContain('current');
    expect(planRequest(profile, { slaMs: 1, ratePerS: 1 }).resources.cores).toBe(8);
  });

  test('what has changed is told, and nothing else', () => {
    const after = changed((p) => {
      Object.assign(p.stages[0]!, { variant: 'det8', batch: 2 });
      Object.assign(p.predicted, { pas: 0.85 });
    });
    expect(planChanges(plan, after)).toEqual([
      { what: 'detect: variant', before: 'det4', after: 'det8' },
      { what: 'detect: batch', before: '4', after: '2' },
      { what: 'PAS, predicted', before: '0.800', after: '0.850' },
    ]);
    expect(planChanges(plan, plan)).toEqual([]);
  });

  test('an attainment is told as elsewhere, rounded down', () => {
    const at = (slaAttainment: number) => changed((p) => Object.assign(p.predicted, { slaAttainment }));
    expect(planChanges(at(0.9), at(0.9498))).toEqual([
      { what: 'attainment, predicted', before: '0.900', after: '0.949' },
    ]);
  });
});

test('a profile of other models, or of another device, is not of this place', () => {
  expect(profileMismatches(profile, place).join('\n')).toMatch(/logicalCores is 8.*\n.*of other models/);
  const own = { ...profile, device: place.device, stages: place.stages } as unknown as typeof profile;
  expect(profileMismatches(own, place)).toEqual([]);
});
