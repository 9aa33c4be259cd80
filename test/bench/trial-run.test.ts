import { describe, expect, test } from 'vitest';
import { type BackendSet, backendSets } from '../../bench/comparison/backend-sets.ts';
import { atPresentSpeed } from '../../bench/comparison/trial-run.ts';
import type { Runner } from '../../bench/runner/runner.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { Interrupted } from '../../workers/command/exit.ts';
import { identify } from '../../workers/store/exchange.ts';
import { cell, profile, runs } from '../solver/profiles.ts';

type RunSpec = Parameters<Runner['run']>[0];

const solver = await loadSolver();
const cells = [
  ...[cell('detect', 's', 'cpu', 1, runs(5)), cell('detect', 'm', 'cpu', 1, runs(12))],
  ...[cell('classify', 's', 'cpu', 1, runs(3)), cell('classify', 'l', 'cpu', 1, runs(9))],
];
const measured = await identify(profile(cells));
const LOAD = { sla: 120, rate: 8, duration: 20, seed: 1 };

/** A run's report with nothing but batches, each of which took `times` as long as its plan expects. */
const reportOf = ({ plan }: RunSpec, times: number): RunReport =>
  ({
    plans: [{ atMs: 0, plan }],
    service: plan.stages.map(({ name, variant, backend, serviceMs }) => ({
      ...{ stage: name, variant, backend, items: 1 },
      samplesMs: [times * (plan.predicted.batchTimeFactor ?? 1) * serviceMs[0]!.meanMs],
    })),
  }) as unknown as RunReport;

const attended = (said: string[] = [], signal = new AbortController().signal) => ({
  say: (text: string) => void said.push(text),
  progress: { share() {}, clear() {} },
  signal,
});
const [before] = (await backendSets(solver, measured, ['cpu'], LOAD, attended())) as [BackendSet];

/** What a trial run makes of a bench's plans, on a device whose batches take `times` as long as in the profile. */
async function onDevice(times: number, first = before) {
  const said: string[] = [];
  const trials: RunSpec[] = [];
  const run = async (spec: RunSpec) => {
    trials.push(spec);
    return reportOf(spec, times);
  };
  const set = await atPresentSpeed({ run }, solver, measured, first, LOAD.seed + 1, attended(said));
  return { set, said, trials };
}

const variantsOf = ({ plans: { plan } }: BackendSet) => plan.stages.map(({ variant }) => variant);

describe('a trial run of the plan before it is compared', () => {
  test('keeps the plan on a device that is as fast as when it was profiled, or faster', async () => {
    for (const times of [0.5, 1, 1.05]) {
      const { set, said } = await onDevice(times);
      expect(set).toBe(before);
      expect(said).toEqual([]);
    }
  });

  test('plans again for a device that got slower, and says so', async () => {
    const { set, said } = await onDevice(2);
    expect(variantsOf(before)).toEqual(['m', 'l']);
    expect(variantsOf(set)).not.toEqual(['m', 'l']);
    expect(said).toEqual([
      'In a trial run of 5 s, batches took 2.00 times as long on cpu as in the profile, so the plan is for a device as slow as that.',
    ]);
  });

  test('changes neither the load, nor the baselines', async () => {
    const { set } = await onDevice(2);
    const { plan, ...baselines } = set.plans;
    expect(plan.inService).toEqual({ batches: { cpu: 2 } });
    expect({ ...set, plans: { ...baselines, plan: before.plans.plan } }).toEqual(before);
  });

  test('keeps the plan if none keeps the SLA on so slow a device', async () => {
    const { set, said } = await onDevice(50);
    expect(set).toBe(before);
    expect(said).toEqual([expect.stringMatching(/batches took 10\.00 times .+ No plan keeps the SLA/)]);
  });

  test('has other arrivals than the runs after it, and never lasts longer', async () => {
    const load = { ...before.load, durationS: 3 };
    const { set, trials } = await onDevice(1, { ...before, load });
    expect(trials).toMatchObject([{ plan: set.plans.plan, load: { durationS: 3 } }]);
    expect(trials[0]!.load.arrivalsMs).not.toEqual(set.load.arrivalsMs);
  });

  test('is left out if no request would arrive', async () => {
    const { trials } = await onDevice(1, { ...before, request: { ...before.request, ratePerS: 1e-4 } });
    expect(trials).toEqual([]);
  });

  test('ends the bench at a Ctrl-C', async () => {
    const controller = new AbortController();
    const run = async (spec: RunSpec) => {
      controller.abort();
      return reportOf(spec, 1);
    };
    const stopped = attended([], controller.signal);
    await expect(atPresentSpeed({ run }, solver, measured, before, 2, stopped)).rejects.toThrow(Interrupted);
  });
});
