/**
 * Plans for stored profiles of `fashion` stay as they are. Accuracies, fan-out and model sizes of the profiles were
 * measured; their times are drawn from log-normals with outliers, so that batches, flags, skipped and failed cells of
 * several backends (webgpu and wasm of a browser, cpu of Node), and co-runs of all of them, come in a small file. A further
 * profile has four variants and their answers to labelled items, so that its plans may have cascades.
 *
 * Expected plans are in `fixtures/fashion-plans.json`, the course of a load in `fixtures/fashion-adaptation.json`. They may
 * change only with a commit that means to plan differently, and says so: then
 * `npx vitest run --project logic test/solver/golden.test.ts -u` writes them anew. The profiles never need to change.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import { lastWindow } from '../../solver/adapt/predictors/last-window.ts';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import { type PartialPlanRequest, type PlanRequest, planRequest } from '../../solver/plan/request.ts';
import { SimulatedPlans } from '../../solver/plan/simulated-plans.ts';
import { simulateAdaptation } from '../../solver/simulate/adaptation.ts';
import { adaptationReport, startMsOf } from '../../solver/simulate/adaptation-report.ts';
import { arrivalsOf } from '../../solver/simulate/arrivals.ts';
import { generatedTrace } from '../../solver/simulate/generated-traces.ts';

const stored = (name: string): Profile => {
  const file = new URL(`fixtures/${name}.json`, import.meta.url);
  return parseProfile(JSON.parse(readFileSync(file, 'utf8')), name);
};
const PROFILES = {
  browser: stored('fashion-browser'),
  node: stored('fashion-node'),
  cascades: stored('fashion-cascades'),
};
const SHA256 = '0'.repeat(64);

type Asked = PartialPlanRequest & Pick<PlanRequest, 'restrictTo' | 'apart'>;

const REQUESTS: Record<string, { profile: keyof typeof PROFILES; asked: Asked }> = {
  'all backends, by default': { profile: 'browser', asked: { slaMs: 200, ratePerS: 100 } },
  'all backends, more than the CPU can do': { profile: 'browser', asked: { slaMs: 400, ratePerS: 500 } },
  'webgpu, with room': { profile: 'browser', asked: { slaMs: 800, ratePerS: 3, backends: ['webgpu'] } },
  'webgpu, near its limit': { profile: 'browser', asked: { slaMs: 500, ratePerS: 30, backends: ['webgpu'] } },
  'wasm at p99': {
    profile: 'browser',
    asked: { slaMs: 28, ratePerS: 150, percentile: 99, backends: ['wasm'] },
  },
  'cost weighs much': {
    profile: 'browser',
    asked: { slaMs: 60, ratePerS: 90, objective: { beta: 0.15 }, resources: { pricePerGpu: 2 } },
  },
  'sum of accuracies': {
    profile: 'browser',
    asked: { slaMs: 40, ratePerS: 200, objective: { accuracy: 'sum', beta: 0.02 } },
  },
  'no plan: SLA too short': { profile: 'browser', asked: { slaMs: 0.5, ratePerS: 10 } },
  'cpu by default': { profile: 'node', asked: { slaMs: 15, ratePerS: 250 } },
  'cpu, p99, one shared worker': {
    profile: 'node',
    asked: { slaMs: 25, ratePerS: 180, percentile: 99, resources: { cores: 1 } },
  },
  'cpu, many cores and a high rate': {
    profile: 'node',
    asked: { slaMs: 12, ratePerS: 3000, percentile: 99, resources: { cores: 64 }, objective: { beta: 0.01 } },
  },
  'cpu, p50, workers apart as pods are': {
    profile: 'node',
    asked: { slaMs: 9, ratePerS: 600, percentile: 50, resources: { cores: 8 }, apart: true },
  },
  'cpu, given variants': {
    profile: 'node',
    asked: {
      slaMs: 14,
      ratePerS: 420,
      resources: { cores: 8 },
      restrictTo: { detect: ['det16'], classify: ['cnn16', 'res16'] },
    },
  },
  'a cascade in one worker with all stages': {
    profile: 'cascades',
    asked: { slaMs: 60, ratePerS: 300, resources: { cores: 1 } },
  },
  'a cascade in workers of its stage': {
    profile: 'cascades',
    asked: { slaMs: 60, ratePerS: 400, resources: { cores: 3 } },
  },
  'a cascade in pods': {
    profile: 'cascades',
    asked: { slaMs: 60, ratePerS: 600, resources: { cores: 8 }, apart: true },
  },
  'no plan: too few cores': {
    profile: 'node',
    asked: { slaMs: 20, ratePerS: 20_000, resources: { cores: 2 } },
  },
};

const solver = await loadSolver();

/** Rounds numbers to six digits, because the last ones differ from processor to processor. */
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'number' ? Number(v.toPrecision(6)) : v)));

/** All of a plan but when it was made, how long that took, and what it was made for. */
const essence = ({ stages, workers, shedding, predicted }: Plan) => ({
  stages: stages.map(({ sha256: _, serviceMs, ...stage }) => ({
    ...stage,
    serviceMs: serviceMs.map(({ items, meanMs }) => [items, meanMs]),
  })),
  workers: workers.map(({ id, stages: held }) => `${id}: ${held.join(' + ')}`),
  shedding,
  predicted,
});

function answer(profile: Profile, { restrictTo, apart, ...asked }: Asked): unknown {
  const request: PlanRequest = {
    ...planRequest(profile, asked),
    ...(restrictTo && { restrictTo }),
    ...(apart && { apart }),
  };
  const points = profileFrontier(profile, request);
  const frontier = {
    points: points.length,
    most: points.at(-1) && [points.at(-1)!.accuracy, points.at(-1)!.cost, points.at(-1)!.boundMs],
  };
  try {
    return { ...essence(plan(solver, { profile, sha256: SHA256 }, request)), frontier };
  } catch (error) {
    if (!(error instanceof InfeasiblePlanError)) throw error;
    return { infeasible: error.message, frontier };
  }
}

describe('stored profiles of fashion', () => {
  it('give the plans that they gave', async () => {
    const answers = Object.fromEntries(
      Object.entries(REQUESTS).map(([name, { profile, asked }]) => [name, answer(PROFILES[profile], asked)]),
    );
    await expect(`${JSON.stringify(rounded(answers), null, 1)}\n`).toMatchFileSnapshot(
      'fixtures/fashion-plans.json',
    );
  });

  it('are adapted as they were, second by second', async () => {
    const profile = PROFILES.node;
    const simulated = new SimulatedPlans();
    const request = planRequest(profile, {
      downshift: false,
      slaMs: 25,
      ratePerS: 1,
      objective: { beta: 0.02 },
      resources: { cores: 24 },
    });
    const first = plan(solver, { profile, sha256: SHA256 }, request, simulated);
    const durationS = 100;
    const input = {
      profile,
      system: ipaEdgeSystem(
        async (asked) => plan(solver, { profile, sha256: SHA256 }, asked, simulated),
        standingRequest(first, ['cpu']),
        startMsOf(profile),
      ),
      predictor: lastWindow,
      arrivalsMs: arrivalsOf(generatedTrace('bursty', { durationS, seed: 3 }), {
        scale: 12,
        seed: 1,
        kind: 'exact',
      }),
      durationS,
      intervalMs: 10_000,
      startMs: startMsOf(profile),
      seed: 1,
    };
    const { result, plans, adaptation } = adaptationReport(input, await simulateAdaptation(input));
    const outcome = {
      result,
      steps: adaptation!.steps.map(({ atMs, medianPerS, p90PerS, plannedPerS }) => [
        atMs,
        medianPerS,
        p90PerS,
        plannedPerS,
      ]),
      plans: plans.map(({ atMs, plan: { stages, workers } }) => [
        atMs,
        stages.map(({ variant, batch, replicas }) => `${variant} b${batch} ×${replicas}`).join(', '),
        workers.length,
      ]),
    };
    await expect(`${JSON.stringify(rounded(outcome), null, 1)}\n`).toMatchFileSnapshot(
      'fixtures/fashion-adaptation.json',
    );
  });
});
