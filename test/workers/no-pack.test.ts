import { expect, test } from 'vitest';
import { runText } from '../../bench/commands/tables.ts';
import { withFiles } from '../../models/manifests/load.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { NoAccuracyError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import { openFileStore } from '../../workers/store/node.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { loadFashion } from './fashion.ts';

/** Loads two shipped classifiers without the shipped pack. @param accuracies that the manifest states for them */
async function classifiers(...accuracies: readonly [number | null, number | null]) {
  const { manifest, readVerified } = await loadFashion();
  const [first, second] = manifest.stages[1]!.variants;
  const stage = {
    ...manifest.stages[1]!,
    variants: [
      { ...first!, accuracy: accuracies[0] },
      { ...second!, accuracy: accuracies[1] },
    ],
  };
  const { pack: _, ...others } = manifest;
  return withFiles({ ...others, stages: [stage] } as Manifest, readVerified);
}

test('a pipeline without a labelled pack is profiled for its times, planned with the manifest’s accuracies, and run unscored', async () => {
  const folder = folderOfTest();
  const store = await openFileStore(folder);
  const environment = nodeEnvironment();
  const settings = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 1, seed: 3 } as const;
  const measure = async (...accuracies: Parameters<typeof classifiers>): Promise<IdentifiedProfile> =>
    measureProfile({ models: await classifiers(...accuracies), environment, store, settings });
  const measured = await measure(0.8, 0.9);
  const { profile } = measured;
  expect(profile.pack).toBeNull();
  expect(profile.endToEnd).toEqual([]);
  expect(profile.stages[0]!.variants.map(({ accuracy }) => accuracy)).toEqual([
    { published: 0.8, measured: null },
    { published: 0.9, measured: null },
  ]);
  expect(profile.cells.map(({ state }) => state)).toEqual(['measured', 'measured']);

  const solver = await loadSolver();
  const planned = (of: IdentifiedProfile) =>
    plan(solver, of, planRequest(of.profile, { slaMs: 5000, ratePerS: 2 }));
  const chosen = planned(measured);
  expect(chosen.predicted.pas).toBe(0.9);
  const report = await run({
    ...{ name: 'plan', plan: chosen, backends: ['cpu'], models: await classifiers(0.8, 0.9), environment },
    ...{ load: constantLoad(5, 2, 1), seed: 1 },
  });
  expect(report.result).toMatchObject({ completed: 10, accuracy: { endToEnd: null, n: 0 } });

  const partly = await measure(null, 0.9);
  expect(() => planned(partly)).toThrow(NoAccuracyError);
  const cheapest = planned(await measure(null, null));
  expect(cheapest.predicted.pas).toBeNull();
  expect(cheapest.stages[0]!.accuracy).toBeNull();
  expect(planText(cheapest)).toContain('accuracy unknown: planned by latency and cost alone');
  const unscored = await run({
    ...{
      name: 'plan',
      plan: cheapest,
      backends: ['cpu'],
      models: await classifiers(null, null),
      environment,
    },
    ...{ load: constantLoad(5, 2, 1), seed: 1 },
  });
  expect(unscored.result.accuracy.pas).toBeNull();
  expect(unscored.overTime.map(({ pas }) => pas)).toEqual([null]);
  expect(runText([unscored])).toContain('accuracy unknown: planned by latency and cost alone');
  store.close();
});
