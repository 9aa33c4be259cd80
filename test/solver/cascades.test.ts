import { describe, expect, it } from 'vitest';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import { plan } from '../../solver/plan/planner.ts';
import { drawPackItems, packItemCounts } from '../../solver/simulate/fanout.ts';
import { cascadeProfile, PER_REQUEST, wellCalibrated } from './cascades.ts';
import { request, resources } from './profiles.ts';

const solver = await loadSolver();

describe('the integer program', () => {
  it('takes a cascade that no item reaches for one that takes no time', () => {
    const two = cascadeProfile(wellCalibrated());
    const fanOut = two.fanOut.map((one) =>
      one.stage === 'classify' ? { ...one, counts: one.counts.map(() => 0) } : one,
    );
    const paths = two.paths!.map((path) => ({ ...path, confidences: [], earned: [] }));
    const given = { profile: { ...two, fanOut, paths }, sha256: '0'.repeat(64) };
    const { stages, predicted } = parsePlan(plan(solver, given, request({ sharing: false })), 'made');
    expect(stages[2]!.escalation!.share).toBe(0);
    expect(stages.map(({ cost }) => cost)).toEqual([1, 0.5, 0.5]);
    expect(predicted.slaAttainment).toBe(1);
  });

  it('takes a cascade where the cores do not suffice for the heavy variant alone', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 5 }) });
    const made = plan(solver, { profile, sha256: '0'.repeat(64) }, asked);
    const [, light, heavy] = made.stages;
    expect([light!.variant, heavy!.variant, heavy!.escalation!.from]).toEqual(['s', 'l', 'classify']);
    const { below, share, accuracy } = heavy!.escalation!;
    const all = wellCalibrated();
    expect(share).toBeCloseTo(all.filter(([confidence]) => confidence < below).length / all.length, 9);
    expect(heavy!.itemsPerS).toBeCloseTo(60 * PER_REQUEST * share, 6);
    // The same workers hold both variants.
    expect(
      made.workers.filter(({ stages }) => stages.includes('classify')).map(({ stages }) => stages),
    ).toEqual(Array(light!.replicas).fill(['classify', 'classify-heavy']));
    // The end-to-end accuracy comes from the pack, replayed item by item.
    const right = all.filter(([confidence, l, h]) => (confidence < below ? h : l)).length / all.length;
    expect(made.predicted.endToEnd).toBeCloseTo(right, 9);
    expect(made.predicted.pas).toBeCloseTo(0.5 * accuracy, 9);
    expect(accuracy).toBeLessThan(right);
    const single = plan(solver, { profile, sha256: '0'.repeat(64) }, { ...asked, cascades: false });
    expect(single.stages).toHaveLength(2);
    expect(single.predicted.pas).toBeLessThan(made.predicted.pas!);
    // A plan that replaces this one may have no cascade, either.
    expect(standingRequest(parsePlan(single, 'made'), ['cpu']).cascades).toBe(false);
    expect(standingRequest(made, ['cpu']).cascades).toBeUndefined();
  });

  it('puts a heavy variant that was measured on a GPU alone beside workers of the light one', () => {
    const two = cascadeProfile(wellCalibrated());
    const cells = two.cells.map((one) =>
      one.variant === 'l' ? { ...one, backend: 'webgpu' as const } : one,
    );
    const asked = request({ ratePerS: 30, slaMs: 400, sharing: false });
    const { plan: made, cost } = solveIlp(solver, { ...two, cells }, asked);
    const [, light, heavy] = made.stages;
    expect([light!.gpuShare, heavy!.replicas]).toEqual([0, 1]);
    expect(heavy!.gpuShare).toBeGreaterThan(0);
    expect(made.workers.map(({ backend, stages }) => [backend, ...stages])).toEqual([
      ['webgpu', 'classify-heavy'],
      ['cpu', 'detect'],
      ...Array(light!.replicas).fill(['cpu', 'classify']),
    ]);
    expect(cost).toBeCloseTo(1 + light!.replicas + 8 * heavy!.gpuShare, 9);
  });

  it('takes one variant where the number of replicas is fixed', () => {
    const asked = request({ ratePerS: 60, slaMs: 400, replicas: { classify: 4 } });
    expect(solveIlp(solver, cascadeProfile(wellCalibrated()), asked).plan.stages).toHaveLength(2);
  });

  it('puts the variants in workers of their own where stages run in pods', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 6 }), apart: true });
    const { plan: made } = solveIlp(solver, profile, asked);
    expect(made.stages).toHaveLength(3);
    for (const { name, replicas } of made.stages)
      expect(made.workers.filter(({ stages }) => stages.includes(name)).map(({ stages }) => stages)).toEqual(
        Array(replicas).fill([name]),
      );
  });

  it('keeps a cascade that serves, and changes only its batches', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 5 }) });
    const { plan: serving } = solveIlp(solver, profile, asked);
    const kept = { ...asked, ratePerS: 50, keep: serving };
    const { plan: next } = solveIlp(solver, profile, kept);
    const session = ({ name, variant, replicas, escalation }: (typeof next.stages)[number]) => [
      name,
      variant,
      replicas,
      escalation?.below,
    ];
    expect(next.stages.map(session)).toEqual(serving.stages.map(session));
  });

  it('offers cascades at the frontier, where they beat every single variant of the same cost', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 900, resources: resources({ cores: 24 }) });
    const points = profileFrontier(profile, asked);
    const without = profileFrontier(profile, { ...asked, cascades: false });
    expect(points.some(({ cascades }) => cascades)).toBe(true);
    for (const { cost, boundMs, accuracy } of without)
      expect(
        points.some((point) => point.cost <= cost && point.boundMs <= boundMs && point.accuracy >= accuracy),
      ).toBe(true);
    const best = (of: typeof points, cost: number) =>
      Math.max(...of.filter((point) => point.cost <= cost).map(({ accuracy }) => accuracy));
    expect(best(points, 4)).toBeGreaterThan(best(without, 4));
  });
});

it('the simulated items escalate as those of the pack did', () => {
  const profile = cascadeProfile(wellCalibrated());
  const { plan: made } = solveIlp(
    solver,
    profile,
    request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 5 }) }),
  );
  const { packSize, escalates } = packItemCounts(profile, made.stages);
  const { below } = made.stages[2]!.escalation!;
  expect(packSize).toBe(wellCalibrated().length / PER_REQUEST);
  for (const packItem of drawPackItems(50, packSize, 1))
    for (let position = 0; position < PER_REQUEST; position++)
      expect(escalates!(packItem, 1, position)).toBe(
        wellCalibrated()[PER_REQUEST * packItem + position]![0] < below,
      );
});
