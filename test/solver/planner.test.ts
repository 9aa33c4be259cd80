import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { completePlan, SimulatedPlan } from '../../solver/plan/simulated-plan.ts';
import { SimulatedPlans } from '../../solver/plan/simulated-plans.ts';
import { predict } from '../../solver/simulate/predict.ts';
import { pipeline } from './pipelines.ts';
import { request, resources } from './profiles.ts';

const solver = await loadSolver();

const identified = (profile: Profile): IdentifiedProfile => ({ profile, sha256: 'b'.repeat(64) });

/** By the formulas, one worker suffices, busy for four fifths of the time; but a batch in a hundred takes five times the mean. */
const heavy = pipeline({
  stages: { detect: { s: { accuracy: 0.8, ms: 20 } }, classify: { s: { accuracy: 0.9, ms: 18 } } },
  batches: [1],
  spread: 5,
});
const asked = (more: Partial<PlanRequest> = {}): PlanRequest =>
  request({ ratePerS: 38, slaMs: 150, resources: resources({ cores: 16, gpus: 0 }), ...more });

describe('a plan that meets the SLA by the formulas but not in simulation', () => {
  /** Returns the plan of the integer program alone. */
  function untightened(of: PlanRequest) {
    const { plan: chosen, ...choice } = solveIlp(solver, heavy, of);
    return completePlan(identified(heavy), chosen, choice);
  }

  it('is tightened until the simulation confirms it, with room for what that does not know', () => {
    const first = untightened(asked());
    expect(first.predicted.boundMs).toBeLessThanOrEqual(150);
    expect(first.predicted.slaAttainment).toBeLessThan(0.95);
    const { predicted, workers } = plan(solver, identified(heavy), asked());
    expect(predicted.tightened).toBeGreaterThan(0);
    expect(predicted.slowerAttainment).toBeGreaterThanOrEqual(0.95);
    expect(workers.length).toBeGreaterThan(first.workers.length);
  });

  it('needs no room for slower batches if later plans make up for its misses', () => {
    const following = asked({ ratePerS: 34, ifSlower: false });
    const made = plan(solver, identified(heavy), following).predicted;
    expect(made.slaAttainment).toBeGreaterThanOrEqual(0.95);
    expect(made.slowerAttainment).toBeUndefined();
    const reserved = plan(solver, identified(heavy), asked({ ratePerS: 34 })).predicted;
    expect(made.cost).toBeLessThan(reserved.cost);
  });

  it('gets more replicas where no option is fast enough for a tighter SLA', () => {
    const { predicted, workers } = plan(solver, identified(heavy), asked({ ratePerS: 25 }));
    expect(predicted.slowerAttainment).toBeGreaterThanOrEqual(0.95);
    expect(workers).toHaveLength(3);
  });

  it('stays a plan for what was asked', () => {
    const made = plan(solver, identified(heavy), asked());
    expect(made).toMatchObject({ slaMs: 150, ratePerS: 38, percentile: 95, resources: asked().resources });
    expect(parsePlan(made, 'made')).toEqual(made);
  });

  it('is tightened no further than it must be: a step less is not confirmed', () => {
    const { tightened } = plan(solver, identified(heavy), asked()).predicted;
    const share = 0.95 ** (tightened - 1);
    const { slaMs, resources: all } = asked();
    const { plan: chosen, ...choice } = solveIlp(
      solver,
      heavy,
      asked({
        slaMs: slaMs * share,
        resources: { ...all, utilisationMax: all.utilisationMax * share },
      }),
    );
    const before = completePlan(identified(heavy), { ...chosen, slaMs }, choice);
    expect(predict(before, heavy, { n: 5000, seed: 1, slower: 1.1 }).slaAttainment).toBeLessThan(0.95);
  });

  it('is returned as it is where its simulation confirms it', () => {
    const easy = asked({ ratePerS: 5 });
    const { predicted } = plan(solver, identified(heavy), easy);
    expect(predicted.tightened).toBe(0);
    expect(predicted.slowerAttainment).toBeGreaterThanOrEqual(0.95);
  });

  it('is the one that came nearest, and says so, where none is confirmed', () => {
    const scarce = asked({ resources: resources({ cores: 2, gpus: 0 }) });
    const { predicted, workers } = plan(solver, identified(heavy), scarce);
    expect(workers).toHaveLength(2);
    expect(predicted.slaAttainment).toBeLessThan(0.95);
    expect(predicted.slaAttainment).toBe(untightened(scarce).predicted.slaAttainment);
  });

  it('is no plan at all only where the formulas say so', () => {
    expect(() => plan(solver, identified(heavy), asked({ slaMs: 20 }))).toThrow(InfeasiblePlanError);
  });
});

describe('what is asked of a plan', () => {
  const of = pipeline({
    stages: {
      detect: { s: { accuracy: 0.6, ms: 10 }, l: { accuracy: 0.9, ms: 50 } },
      classify: { s: { accuracy: 0.7, ms: 5 }, l: { accuracy: 0.8, ms: 25 } },
    },
  });
  const made = (more: Partial<PlanRequest>) =>
    plan(solver, identified(of), asked({ ratePerS: 10, slaMs: 400, ...more }));

  it('are replicas of a stage, whether or not it needs them', () => {
    const { stages, workers, predicted } = made({ replicas: { detect: 5 } });
    expect(stages.map(({ replicas }) => replicas)).toEqual([5, 1]);
    expect(workers.filter((worker) => worker.stages.includes('detect'))).toHaveLength(5);
    expect(predicted.cost).toBe(6);
  });

  it('are replicas that must do: what they cannot serve is served by faster variants, or not at all', () => {
    const two = { replicas: { detect: 2, classify: 2 } };
    expect(made(two).stages[0]!.variant).toBe('l');
    expect(made({ ...two, ratePerS: 100 }).stages[0]!.variant).toBe('s');
    expect(() => made({ ...two, ratePerS: 1000 })).toThrow(
      /Stage detect gets 1,000 items per second.* of the time of 2 replicas, but/,
    );
  });

  it('are sessions that there are: what they cannot serve is told with their replicas', () => {
    const serving = made({});
    expect(made({ keep: serving }).stages.map(({ variant, replicas }) => [variant, replicas])).toEqual(
      serving.stages.map(({ variant, replicas }) => [variant, replicas]),
    );
    expect(() => made({ keep: serving, ratePerS: 1000 })).toThrow(
      /1,000 items per second.* of the time of 1 replica, but/,
    );
  });

  it('are variants that a stage may have', () => {
    expect(made({ restrictTo: { detect: ['s'] } }).stages.map(({ variant }) => variant)).toEqual(['s', 'l']);
  });
});

describe('plans that were simulated before', () => {
  const simulated = new SimulatedPlans();
  const made = (more: Partial<PlanRequest>, known?: SimulatedPlans) => {
    const { createdAt: _, certificate: __, ...rest } = plan(solver, identified(heavy), asked(more), known);
    return rest;
  };

  it.each([{}, { ratePerS: 20 }, { ratePerS: 60 }, {}, { ratePerS: 20 }])(
    'are the same when they are taken from there: %j',
    (more) => {
      expect(made(more, simulated)).toEqual(made(more));
      const known = simulated.size;
      expect(made(more, simulated)).toEqual(made(more));
      expect(simulated.size).toBe(known);
    },
  );

  it('give what was asked of them to no other plan', () => {
    const known = new SimulatedPlans();
    made({ cascades: false, downshift: true }, known);
    expect(made({}, known)).toEqual(made({}));
  });

  it('are kept as many as may be, those that were of use last', () => {
    const few = new SimulatedPlans(2);
    const { plan: chosen, ...choice } = solveIlp(solver, heavy, asked());
    const make = () => new SimulatedPlan(identified(heavy), chosen, choice, true);
    const [a, b] = [few.get('a', make), few.get('b', make)];
    expect(few.get('a', make)).toBe(a);
    few.get('c', make);
    expect(few.size).toBe(2);
    expect(few.get('a', make)).toBe(a);
    expect(few.get('b', make)).not.toBe(b);
  });

  it('are judged by the percentile that is asked for', () => {
    // All batches take equally long, so the stages of a plan are the same for every percentile.
    const even = pipeline({
      stages: { detect: { s: { accuracy: 0.8, ms: 20 } } },
      batches: [1],
      spread: 1,
    });
    const known = new SimulatedPlans();
    const tightened = (percentile: number) =>
      plan(solver, identified(even), asked({ percentile, slaMs: 60, ratePerS: 30 }), known).predicted
        .tightened;
    expect([99, 95, 80].map(tightened)).toEqual([6, 6, 0]);
  });

  it('serve again where another plan runs', () => {
    const known = simulated.size;
    const current = [
      { name: 'detect', variant: 's', backend: 'cpu' as const, threads: 1, replicas: 1 },
      { name: 'classify', variant: 's', backend: 'cpu' as const, threads: 1, replicas: 1 },
    ];
    expect(made({ current }, simulated)).toEqual(made({}));
    expect(simulated.size).toBe(known);
  });
});

describe('a plan of a pipeline with too many combinations to measure all of them', () => {
  it('counts as many items of a stage behind those combinations as of the stage before', () => {
    const whole = pipeline({
      stages: {
        detect: { s: { accuracy: 0.8, ms: 2 } },
        classify: { s: { accuracy: 0.9, ms: 8 } },
        describe: { s: { accuracy: 0.9, ms: 8 } },
      },
      items: [0, 1, 1, 2, 4],
    });
    const bounded = { ...whole, fanOut: whole.fanOut.filter(({ stage }) => stage !== 'describe') };
    const of = request({ ratePerS: 30 });
    const [made, expected] = [bounded, whole].map((profile) => plan(solver, identified(profile), of));
    expect(made).toMatchObject({ stages: expected!.stages, predicted: expected!.predicted });
  });
});
