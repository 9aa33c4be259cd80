import { describe, expect, it } from 'vitest';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { Hop, RequestCost } from '../../solver/documents/serving.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError, UnmeasuredBodyError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import { type PlanRequest, planRequest } from '../../solver/plan/request.ts';
import { withoutHops } from '../../solver/plan/serving.ts';
import { SimulatedPlans } from '../../solver/plan/simulated-plans.ts';
import { cell, profile, request, resources, runs } from './profiles.ts';

const solver = await loadSolver();

const CELLS = [
  cell('detect', 's', 'cpu', 1, runs(4)),
  cell('detect', 'm', 'cpu', 1, runs(15)),
  cell('classify', 's', 'cpu', 1, runs(2)),
  cell('classify', 's', 'cpu', 4, runs(3)),
];

const always = (ms: number) => [{ percentile: 50, delayMs: ms }];
const cost = (latencyMs: number, coreMs: number): RequestCost => ({
  body: 'binary',
  bodyBytes: 100,
  n: 100,
  coreMs,
  latency: always(latencyMs),
});
const hop = (stage: string, items: number, ms: number): Hop => ({
  stage,
  items,
  n: 100,
  gatewayMs: 0.1,
  podMs: 0.1,
  latency: always(ms),
});

const far = [hop('detect', 1, 5), hop('classify', 1, 5), hop('classify', 4, 6)];

const DEVICE = { ...profile(CELLS).device, logicalCores: 2 };
const measured = (serving?: Profile['serving'], more: Partial<Profile> = {}): Profile =>
  profile(CELLS, { device: DEVICE, ...(serving && { serving }), ...more });
const planned = (on: Profile, more: Partial<PlanRequest> = {}, cache?: SimulatedPlans) =>
  plan(
    solver,
    { profile: on, sha256: 'b'.repeat(64) },
    request({ ratePerS: 20, slaMs: 1000, resources: resources({ cores: 8, gpus: 0 }), ...more }),
    cache,
  );

describe('what a request costs outside the models', () => {
  it('is in the bound, and in the latency that is predicted', () => {
    const [free, served] = [planned(measured()), planned(measured({ requests: [cost(7, 2)] }))];
    expect(served.stages.map(({ variant }) => variant)).toEqual(free.stages.map(({ variant }) => variant));
    expect(served.predicted.boundMs - free.predicted.boundMs).toBeCloseTo(7);
    expect(served.predicted.latencyMs!.p50 - free.predicted.latencyMs!.p50).toBeGreaterThan(6);
  });

  it('may fill the serving thread to its limit while lighter variants shorten queues until the SLA is kept', () => {
    const cells = [
      ...CELLS.filter(({ variant }) => variant === 's'),
      cell('detect', 'm', 'cpu', 1, runs(25)),
    ];
    const busy = measured({ requests: [cost(39.5, 39.5)] }, { cells });
    const { stages, predicted } = planned(busy, { slaMs: 400, resources: resources({ cores: 1, gpus: 0 }) });
    expect(stages[0]!.variant).toBe('s');
    expect(predicted.slaAttainment).toBeGreaterThanOrEqual(0.95);
  });

  const json: RequestCost = { ...cost(50, 20), body: 'json' };

  it('is counted as of a body with bytes, whatever one of JSON costs', () => {
    const served = planned(measured({ requests: [json, cost(7, 2)] }));
    expect(served.predicted.boundMs).toBeCloseTo(planned(measured()).predicted.boundMs + 7);
  });

  it('is that of JSON in a plan for such requests, and in plans that follow it', () => {
    const served = measured({ requests: [cost(7, 2), json] });
    const inJson = planned(served, { body: 'json' });
    expect(inJson.predicted.boundMs).toBeCloseTo(planned(measured()).predicted.boundMs + 50);
    expect(inJson.servingMs).toBeCloseTo(50);
    const p50 = ({ predicted }: Plan) => predicted.latencyMs!.p50;
    expect(p50(inJson) - p50(planned(served))).toBeGreaterThan(40);
    expect(standingRequest(parsePlan(inJson, 'made'), ['cpu']).body).toBe('json');
  });

  it('is that of its own bodies where one cache has the plans for both', () => {
    // Both bodies take the same time while nothing waits, but those in JSON keep the serving thread busy for longer.
    const served = measured({ requests: [cost(30, 2), { ...cost(30, 29), body: 'json' }] });
    const cache = new SimulatedPlans();
    planned(served, {}, cache);
    const p95 = ({ predicted }: Plan) => predicted.latencyMs!.p95;
    expect(p95(planned(served, { body: 'json' }, cache))).toBe(p95(planned(served, { body: 'json' })));
  });

  it('must have been measured for JSON if a plan is for such requests', () => {
    const asked = (serving: Profile['serving']) => () =>
      planRequest(measured(serving), { slaMs: 100, ratePerS: 1, body: 'json' });
    expect(asked({ requests: [cost(7, 2), json] })().body).toBe('json');
    expect(asked({ requests: [cost(7, 2)] })).toThrow(UnmeasuredBodyError);
    expect(asked(undefined)).toThrow(UnmeasuredBodyError);
  });

  it('leaves no room for a variant that would just make the SLA without it', () => {
    const detector = (served: Profile) => planned(served, { slaMs: 55 }).stages[0]!.variant;
    expect(detector(measured())).toBe('m');
    expect(detector(measured({ requests: [cost(15, 2)] }))).toBe('s');
  });

  it('ends requests so much earlier for the dispatch', () => {
    expect(planned(measured({ requests: [cost(7, 2)] })).servingMs).toBeCloseTo(7);
    expect(planned(measured())).not.toHaveProperty('servingMs');
  });

  it('saturates the one thread that serves, however many cores there are', () => {
    const at = (ratePerS: number) => () =>
      planned(measured({ requests: [cost(7, 2)] }), {
        ratePerS,
        resources: resources({ cores: 64, gpus: 0 }),
      });
    expect(at(380)).not.toThrow();
    expect(at(420)).toThrow(InfeasiblePlanError);
    expect(at(420)).toThrow(/The thread that serves requests and hands out batches may be busy/);
  });

  it.each([
    ['a machine, for serving', undefined],
    ['a node, for the gateways', far],
  ])('leaves a core of %s by default', (_, hops) => {
    const cores = (logicalCores: number, serving?: Profile['serving']) =>
      planRequest(measured(serving, { device: { ...DEVICE, logicalCores } }), { slaMs: 100, ratePerS: 1 })
        .resources.cores;
    const serving = { requests: [cost(1, 1)], ...(hops && { hops }) };
    expect([1, 2, 8].map((logicalCores) => cores(logicalCores, serving))).toEqual([1, 1, 7]);
    expect([1, 2, 8].map((logicalCores) => cores(logicalCores))).toEqual([1, 2, 8]);
  });

  it('leaves the cores of a machine a share for serving', () => {
    const detector = (coreMs: number) =>
      planned(measured({ requests: [cost(7, coreMs)] }), {
        ratePerS: 45,
        resources: resources({ cores: 2, gpus: 0 }),
      }).stages[0]!.variant;
    expect(detector(2)).toBe('m');
    expect(detector(17)).toBe('s');
  });
});

describe('the way of a batch to a pod', () => {
  it('is in the bound, in the prediction and in what the dispatch expects', () => {
    const [near, away] = [undefined, far].map((hops) =>
      planned(measured({ requests: [cost(1, 1)], ...(hops && { hops }) }), {
        apart: true,
        restrictTo: { detect: ['s'] },
      }),
    );
    expect(away!.predicted.boundMs - near!.predicted.boundMs).toBeGreaterThan(9);
    expect(away!.predicted.latencyMs!.p50 - near!.predicted.latencyMs!.p50).toBeGreaterThan(9);
    expect(away!.stages[0]!.serviceMs[0]!.meanMs - near!.stages[0]!.serviceMs[0]!.meanMs).toBeCloseTo(5);
  });

  it('makes batches larger where it costs more than a run', () => {
    const batch = (hops: Hop[]) =>
      planned(measured({ requests: [cost(1, 0.1)], hops }), {
        ...{ apart: true, ratePerS: 80, replicas: { classify: 1 }, restrictTo: { detect: ['s'] } },
      }).stages[1]!.batch;
    const none = [hop('detect', 1, 0), hop('classify', 1, 0), hop('classify', 4, 0)];
    expect(batch(none)).toBe(1);
    expect(batch(far)).toBe(4);
  });

  it('is that of every plan on a profile that has it, but for plans of one machine', () => {
    const cluster = measured({ requests: [cost(1, 1)], hops: far });
    expect(planRequest(cluster, { slaMs: 100, ratePerS: 1 }).apart).toBe(true);
    expect(planRequest(withoutHops(cluster), { slaMs: 100, ratePerS: 1 }).apart).toBeUndefined();
    expect(withoutHops(cluster).serving).toEqual({ requests: [cost(1, 1)] });
  });

  it("counts the gateway and the pods' servers among the cores", () => {
    const slow = [hop('detect', 1, 5), hop('classify', 1, 5)].map((one) => ({ ...one, podMs: 20 }));
    const at = (hops: Hop[]) => () =>
      planned(measured({ requests: [cost(1, 1)], hops }), {
        apart: true,
        ratePerS: 20,
        resources: resources({ cores: 2, gpus: 0 }),
      });
    expect(at(far)).not.toThrow();
    expect(at(slow)).toThrow(/cores may be busy/);
  });
});
