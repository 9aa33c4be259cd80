import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Profile } from '../../solver/documents/profile.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { type IlpChoice, solveIlp } from '../../solver/plan/ilp-choice.ts';
import { planOptions } from '../../solver/plan/options.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import type { StageFacts } from '../../solver/plan/stage-facts.ts';
import { type IntegerProgram, rewardAtMost } from '../../solver/plan/upstream.ts';
import { cascadeProfile, wellCalibrated } from './cascades.ts';
import { cell, profile, request, resources, runs } from './profiles.ts';
import { refusalOf } from './refusal.ts';

const solver = await loadSolver();

const DETECTORS = ['s', 'm'];

/** A stage whose variants s and m answered four labelled items, and got these shares of them right. */
const answering = (name: string, right: readonly number[]): Profile['stages'][number] => ({
  ...{ name, task: 'classify', metric: 'top1' },
  variants: right.map((value, v) => ({
    ...{ name: DETECTORS[v]!, sha256: String(v).repeat(64), sizeBytes: 1000 },
    accuracy: { published: null, measured: { value, n: 4 } },
    answers: [1, 2, 3, 4].map((i): [number, number, number] => [i / 5, i <= 4 * value ? 1 : 0, 1]),
  })),
});

/** Returns what the program chooses for a request, or undefined if nothing fits. */
function choose(measured: Profile, asked: PlanRequest): IlpChoice | undefined {
  try {
    return solveIlp(solver, measured, asked);
  } catch (error) {
    if (error instanceof InfeasiblePlanError) return undefined;
    throw error;
  }
}

/** Detectors s and m, of which s finds 2 objects a picture and m 3, and classifiers s and l, on a CPU. */
const measured = fc
  .tuple(...[5, 9, 3, 12].map((ms) => fc.integer({ min: ms, max: 3 * ms })))
  .map(([s, m, small, large]) =>
    profile(
      [1, 4].flatMap((batch) => [
        cell('detect', 's', 'cpu', batch, runs(s! * batch ** 0.7)),
        cell('detect', 'm', 'cpu', batch, runs(m! * batch ** 0.7)),
        cell('classify', 's', 'cpu', batch, runs(small! * batch ** 0.7)),
        cell('classify', 'l', 'cpu', batch, runs(large! * batch ** 0.7)),
      ]),
    ),
  );

const asked = fc
  .record({
    ratePerS: fc.constantFrom(5, 20, 60),
    slaMs: fc.constantFrom(80, 200, 900),
    beta: fc.constantFrom(1e-4, 3e-3, 3e-2),
    cores: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ beta, cores, ...rest }) =>
    request({ ...rest, objective: { ...request().objective, beta }, resources: resources({ cores }) }),
  );

it('the best plan is that of the detector with which the best one can be made', () => {
  fc.assert(
    fc.property(measured, asked, (given, wanted) => {
      const each = DETECTORS.map((name) => choose(given, { ...wanted, restrictTo: { detect: [name] } }));
      const best = Math.max(...each.map((one) => one?.solution.objective ?? Number.NEGATIVE_INFINITY));
      const found = choose(given, wanted)?.solution.objective ?? Number.NEGATIVE_INFINITY;
      expect(found === best || Math.abs(found - best) < 1e-9).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('the frontier has just the choices that no detector betters', () => {
  fc.assert(
    fc.property(measured, asked, (given, wanted) => {
      const each = DETECTORS.flatMap((name) =>
        profileFrontier(given, { ...wanted, restrictTo: { detect: [name] } }),
      );
      const key = ({ cost, accuracy, boundMs }: (typeof each)[number]) =>
        [cost, accuracy, boundMs].map((value) => value.toFixed(9)).join(' ');
      const best = each.filter(
        (point) =>
          !each.some(
            (other) =>
              key(other) !== key(point) &&
              other.cost <= point.cost + 1e-9 &&
              other.accuracy >= point.accuracy - 1e-9 &&
              other.boundMs <= point.boundMs + 1e-9,
          ),
      );
      expect(new Set(profileFrontier(given, wanted).map(key))).toEqual(new Set(best.map(key)));
    }),
    { numRuns: 60 },
  );
});

it('a stage is planned for the items that the chosen detector finds', () => {
  const given = profile([
    cell('detect', 's', 'cpu', 1, runs(5)),
    cell('detect', 'm', 'cpu', 1, runs(50)),
    cell('classify', 's', 'cpu', 1, runs(4)),
  ]);
  const { plan } = solveIlp(solver, given, request({ ratePerS: 10, slaMs: 90 }));
  expect(plan.stages.map(({ variant, itemsPerS }) => [variant, itemsPerS])).toEqual([
    ['s', 10],
    ['s', 20],
  ]);
});

it('a single variant is planned for its own items where its stage might have a cascade', () => {
  const given = profile(
    [
      cell('detect', 's', 'cpu', 1, runs(5)),
      cell('detect', 'm', 'cpu', 1, runs(5)),
      cell('classify', 's', 'cpu', 4, runs(4)),
    ],
    { stages: [answering('detect', [0.75, 0.5]), answering('classify', [0.5, 0.75])] },
  );
  // With the 20 items/s of s, a batch of 4 takes 150 ms to fill; with the 30 items/s of m it takes 100 ms.
  const { plan } = solveIlp(solver, given, request({ ratePerS: 10, slaMs: 140 }));
  expect(plan.stages.map(({ variant, itemsPerS }) => [variant, itemsPerS])).toEqual([
    ['m', 10],
    ['s', 30],
  ]);
});

it('a heavy variant is planned for the items that escalate after the chosen detector', () => {
  const two = cascadeProfile(wellCalibrated());
  const [detect, classify] = structuredClone(two.stages);
  const slow = { ...detect!.variants[0]!, name: 'm' };
  const upstream = { detect: 'm' };
  const given = {
    ...two,
    stages: [{ ...detect!, variants: [...detect!.variants, slow] }, classify!],
    cells: [...two.cells, cell('detect', 'm', 'cpu', 1, runs(1000))],
    fanOut: [...two.fanOut, { ...two.fanOut[1]!, upstream }],
    // After the slow detector, every item escalates.
    paths: [
      ...two.paths!,
      ...two.paths!.map((path) => ({ ...path, upstream, confidences: path.confidences.map(() => 0) })),
    ],
  };
  const asked = request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 5 }) });
  const { stages } = solveIlp(solver, two, asked).plan;
  expect(stages).toHaveLength(3);
  expect(solveIlp(solver, given, asked).plan.stages).toEqual(stages);
});

it('variants are not told apart where ranks are combined, which are relative to all options of a program', () => {
  const given = profile([
    cell('detect', 's', 'cpu', 1, runs(5)),
    cell('detect', 'm', 'cpu', 1, runs(150)),
    cell('classify', 's', 'cpu', 1, runs(5)),
  ]);
  const asked = request({ objective: { ...request().objective, accuracy: 'rank-sum', beta: 0.3 } });
  const whole = solver.solve(planOptions(given, asked).problem);
  expect(solveIlp(solver, given, asked).solution).toMatchObject({
    objective: (whole as { objective: number }).objective,
  });
});

it('sessions that must stay are planned for the items of the detector that runs', () => {
  const given = profile([
    cell('detect', 's', 'cpu', 1, runs(5)),
    cell('detect', 'm', 'cpu', 1, runs(5)),
    cell('classify', 's', 'cpu', 1, runs(4)),
  ]);
  const { plan: serving } = solveIlp(solver, given, request({ restrictTo: { detect: ['s'] } }));
  const { plan } = solveIlp(solver, given, request({ keep: serving }));
  expect(plan.stages[1]!.itemsPerS).toBe(serving.stages[1]!.itemsPerS);
});

it('the nearest rate that works has a plan, although cascades leave fewer variants to tell apart', () => {
  const stages = ['find', 'part', 'name'];
  const [few, many] = [Array(4).fill(1), Array(4).fill(10)];
  const given = profile(
    stages.flatMap((stage) => ['s', 'm'].map((variant) => cell(stage, variant, 'cpu', 1, runs(5)))),
    {
      stages: stages.map((name) => answering(name, [0.5, 0.75])),
      fanOut: [
        { stage: 'find', upstream: {}, counts: few },
        ...DETECTORS.flatMap((find) => [
          { stage: 'part', upstream: { find }, counts: find === 's' ? few : few.map(() => 2) },
          ...DETECTORS.map((part) => ({
            ...{ stage: 'name', upstream: { find, part } },
            counts: part === 's' ? few : many,
          })),
        ]),
      ],
    },
  );
  const fast = request({ ratePerS: 1000, resources: resources({ cores: 4, gpus: 0 }) });
  const ratePerS = refusalOf(solver, given, fast).nearestRatePerS!;
  expect(solveIlp(solver, given, { ...fast, ratePerS }).plan.ratePerS).toBe(ratePerS);
});

it('bounds the reward of a stage with dozens of variants, whose cascades have hundreds of thousands of thresholds', () => {
  const thresholds = Array.from({ length: 100 }, (_, t) => ({ accuracy: 0.5 + t / 1000 }));
  const cascades = Array.from({ length: 2000 }, () => ({ thresholds }));
  const facts = [{ cells: [], cascades } as unknown as StageFacts];
  const program: IntegerProgram = { facts, program: request() };
  expect(rewardAtMost(program)).toBe(0.599);
});
