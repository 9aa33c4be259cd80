import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsMore } from '../../solver/adapt/diff.ts';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { planMismatches } from '../../solver/plan/mismatches.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { pipeline, type VariantFacts } from './pipelines.ts';
import { request, resources } from './profiles.ts';

const solver = await loadSolver();

/** More accurate variants are slower. A plan for 10 requests/s can use xl, and both l and m are at least twice as fast as xl. */
const PROFILE = pipeline({
  stages: {
    classify: {
      s: { accuracy: 0.6, ms: 4 },
      m: { accuracy: 0.7, ms: 8 },
      l: { accuracy: 0.8, ms: 14 },
      xl: { accuracy: 0.9, ms: 30 },
    },
  },
});
const planned = (more: Partial<PlanRequest> = {}, profile: Profile = PROFILE): Plan =>
  plan(solver, { profile, sha256: 'b'.repeat(64) }, request({ downshift: true, ...more }));
/** Makes l (1 byte) smaller than m (3 bytes), so that m, which could be the standby of l, has no room in 2 bytes. */
const withSmallL = (profile: Profile): Profile => ({
  ...profile,
  stages: profile.stages.map((stage) => ({
    ...stage,
    variants: stage.variants.map((one) => ({
      ...one,
      sizeBytes: { l: 1, m: 3 }[one.name] ?? one.sizeBytes,
    })),
  })),
});
const memory = (memoryBytes: number) => ({ resources: resources({ memoryBytes }) });

describe('the standby of a planned variant', () => {
  it('is the most accurate variant that takes half the time or less, otherwise the fastest', () => {
    const { downshift, stages } = planned();
    expect(downshift).toBe(true);
    expect(stages[0]).toMatchObject({ variant: 'xl', standby: { variant: 'l', accuracy: 0.8 } });
    expect(planned({ restrictTo: { classify: ['xl', 's', 'm'] } }).stages[0]!.standby!.variant).toBe('m');
    expect(planned({ restrictTo: { classify: ['l', 'm'] } }).stages[0]!.standby!.variant).toBe('m');
  });

  it('brings the times of its own batches, up to the planned size', () => {
    const [row] = planned().stages;
    expect(row!.standby!.serviceMs.map(({ items }) => items)).toEqual(
      row!.serviceMs.map(({ items }) => items),
    );
    expect(row!.standby!.serviceMs[0]!.meanMs).toBeCloseTo(14, 0);
  });

  it('changes neither the choice nor the prediction', () => {
    const { downshift: _, stages, createdAt, certificate, ...rest } = planned();
    const without = plan(solver, { profile: PROFILE, sha256: 'b'.repeat(64) }, request());
    expect(without.downshift).toBeUndefined();
    expect(stages.map(({ standby, ...row }) => row)).toEqual(without.stages);
    expect(rest).toEqual({ ...rest, predicted: without.predicted, workers: without.workers });
  });

  it('is left out where no variant is fast enough', () => {
    expect(planned({ restrictTo: { classify: ['s'] } }).stages[0]!.standby).toBeUndefined();
  });

  it('is the same in pods', () => {
    expect(planned({ apart: true }).stages[0]!.standby).toEqual(planned().stages[0]!.standby);
  });

  it('is left out where a coarse clock measured 0 ms for all variants', () => {
    const zeros = Array<number>(20).fill(0);
    const cells = PROFILE.cells.map((one) => ({ ...one, inferenceMs: zeros, handlingMs: zeros }));
    expect(planned({}, { ...PROFILE, cells }).stages[0]).not.toHaveProperty('standby');
  });

  it('stays when only batches are chosen anew', () => {
    const keep = planned();
    expect(planned({ keep, ratePerS: 20 }).stages[0]!.standby!.variant).toBe('l');
    const withM = keep.stages.map((row) => ({ ...row, standby: { ...row.standby!, variant: 'm' } }));
    const other = planned({ keep: { ...keep, stages: withM }, ratePerS: 20 });
    expect(other.stages[0]!.standby!.variant).toBe('m');
    const bare = { ...keep, stages: keep.stages.map(({ standby: _, ...row }) => row) };
    expect(planned({ keep: bare, ratePerS: 20 }).stages[0]!.standby).toBeUndefined();
  });

  it('needs no new worker where it is not fast enough for the batches that are chosen anew', () => {
    // The light variant is quick with single items only, and the load needs batches.
    const facts = { stages: { classify: { s: { accuracy: 0.6, ms: 6 }, l: { accuracy: 0.9, ms: 20 } } } };
    const whole = pipeline({ ...facts, batches: [1, 2, 4], spread: 1 });
    const profile = {
      ...whole,
      cells: whole.cells.filter(({ variant, batch }) => variant === 'l' || batch === 1),
    };
    const asked = { slaMs: 1000, resources: resources({ utilisationMax: 1 }) };
    const keep = planned({ ...asked, ratePerS: 10 }, profile);
    const kept = planned({ ...asked, ratePerS: 70, keep }, profile);
    expect([keep.stages[0]!.standby?.variant, kept.stages[0]!.standby]).toEqual(['s', undefined]);
    expect(needsMore(kept, keep)).toBe(false);
  });

  it('counts in the memory, and gives way where there is room for the plan alone', () => {
    const { sizeBytes } = PROFILE.stages[0]!.variants[0]!;
    expect(planned(memory(2 * sizeBytes)).stages[0]!.standby?.variant).toBe('l');
    const tight = planned(memory(sizeBytes));
    expect(tight.stages[0]!.variant).toBe('s');
    expect(
      planned({ ...memory(sizeBytes), restrictTo: { classify: ['xl', 'l'] } }).stages[0],
    ).not.toHaveProperty('standby');
  });

  it('gives way in the search for the nearest rate, too', () => {
    const profile = withSmallL(PROFILE);
    const asked = { ...memory(2), restrictTo: { classify: ['l', 'm'] } };
    expect(planned(asked, profile).stages[0]).toMatchObject({ variant: 'l', replicas: 1 });
    expect(() => planned({ ...asked, ratePerS: 1000 }, profile)).toThrow(/It may work with .* requests\/s/);
  });

  it('gives way in the frontier, too', () => {
    const asked = { ...memory(2), restrictTo: { classify: ['l', 'm'] } };
    const points = profileFrontier(withSmallL(PROFILE), request({ ...asked, downshift: true }));
    expect(points.map(({ variants }) => variants.classify)).toContain('l');
  });

  it('gives way in a worker for all stages, too', () => {
    const classify = { l: { accuracy: 0.8, ms: 14 }, m: { accuracy: 0.7, ms: 8 } };
    const { stages, workers } = planned(
      memory(2),
      withSmallL(pipeline({ stages: { detect: classify, classify } })),
    );
    expect(stages.map(({ variant, standby }) => [variant, standby])).toEqual(Array(2).fill(['l', undefined]));
    expect(workers).toHaveLength(1);
  });

  it('must be among the models of the machine that runs the plan', () => {
    const made = planned();
    const target = { pipeline: 'test', device: made.profile.device, stages: PROFILE.stages };
    expect(planMismatches(made, target)).toEqual([]);
    const others = PROFILE.stages.map((stage) => ({
      ...stage,
      variants: stage.variants.filter(({ name }) => name !== 'l'),
    }));
    expect(planMismatches(made, { ...target, stages: others })).toEqual([
      'stage classify has no variant l here',
    ]);
  });
});

it('whatever the variants, the standby is the one that a search over all of them finds', () => {
  const variants = fc.array(
    fc.record({ accuracy: fc.integer({ min: 1, max: 99 }), ms: fc.integer({ min: 1, max: 40 }) }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(variants, (facts) => {
      const named = Object.fromEntries(
        facts.map(({ accuracy, ms }, i) => [`v${i}`, { accuracy: accuracy / 100, ms }]),
      );
      const profile = pipeline({ stages: { classify: named }, batches: [1], spread: 1 });
      const [row] = parsePlan(planned({}, profile), 'made').stages;
      const within = (share: number) =>
        Object.values(named).filter(({ ms }) => ms <= share * named[row!.variant]!.ms);
      const [half, fifth] = [within(0.5), within(0.8)];
      const order = (a: VariantFacts, b: VariantFacts) =>
        (half.length > 0 ? b.accuracy - a.accuracy : 0) || a.ms - b.ms;
      const [expected] = (half.length > 0 ? half : fifth).sort(order);
      expect(row!.standby?.accuracy).toBe(expected?.accuracy);
      expect(row!.standby?.serviceMs[0]?.meanMs ?? 0).toBeCloseTo(expected?.ms ?? 0, 9);
    }),
    {
      numRuns: 40,
      // Random variants seldom are equally accurate.
      examples: [
        [
          [
            { accuracy: 50, ms: 4 },
            { accuracy: 50, ms: 2 },
            { accuracy: 90, ms: 30 },
          ],
        ],
      ],
    },
  );
});
