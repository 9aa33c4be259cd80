import { beforeAll, expect, test } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { openFileStore } from '../../workers/store/node.ts';
import { DETECTORS, loadMixed } from '../mixed-pipeline.ts';
import { folderOfFile } from '../temporary-folder.ts';

const folder = folderOfFile();
let models: LoadedManifest;
let measured: IdentifiedProfile;

beforeAll(async () => {
  models = loadMixed();
  const store = await openFileStore(folder);
  const settings = { backends: ['cpu'], threads: [1], batches: [1, 4], budgetS: 2, seed: 3 } as const;
  measured = await measureProfile({ models, environment: nodeEnvironment(), store, settings });
  store.close();
});

test('every variant is measured, and right on the same pictures, boxes and classes', () => {
  const { cells, stages, endToEnd } = measured.profile;
  // A slow machine may have no time left for the larger batch.
  expect(cells.filter(({ batch }) => batch === 1).map(({ state }) => state)).toEqual(
    Array(5).fill('measured'),
  );
  expect(stages.flatMap(({ variants }) => variants.map(({ accuracy }) => accuracy.measured?.value))).toEqual(
    Array(5).fill(1),
  );
  expect(endToEnd.map(({ value }) => value)).toEqual(Array(6).fill(1));
});

test.each(DETECTORS)('a plan with %s runs and answers right', async (name) => {
  const [detect, classify] = measured.profile.stages as [
    ...[IdentifiedProfile['profile']['stages'][number], IdentifiedProfile['profile']['stages'][number]],
  ];
  const alone = {
    ...measured.profile,
    stages: [{ ...detect, variants: detect.variants.filter((one) => one.name === name) }, classify],
    cells: measured.profile.cells.filter(({ stage, variant: own }) => stage !== 'detect' || own === name),
    endToEnd: [],
  };
  const planner = openPlanner();
  const identified = await parseIdentified(alone, 'one detector alone');
  const plan = await planner.plan(identified, planRequest(alone, { slaMs: 5000, ratePerS: 2 }));
  planner.close();
  const report = await run({
    ...{ name: 'plan', plan, backends: ['cpu'], models, environment: nodeEnvironment(), seed: 1 },
    load: constantLoad(5, 2, 1),
  });
  expect(report.result).toMatchObject({ completed: 10, shed: 0, failed: 0, accuracy: { endToEnd: 1 } });
});
